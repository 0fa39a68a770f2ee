#include "queue.h"

#define USUAL_MAX  (300 * USEC_PER_MS)
#define SPREAD_MAX (80 * USEC_PER_MS)

void queue_reset(struct queue *q)
{
    *q = (struct queue){0};
}

void queue_add(struct queue *q, usec_t delay)
{
    // The shortest, not the mean: jitter makes packets late, never early.
    if (!q->sampled || delay < q->sample)
        q->sample = delay;
    q->sampled = true;
}

void queue_close(struct queue *q, usec_t now)
{
    if (!q->sampled)
        return;
    q->sampled = false;
    if (!q->known) {
        q->known = true;
        q->since = now;
        q->young = q->old = q->sample;
    }
    if (now - q->since > QUEUE_MEMORY) {
        q->old = q->young;
        q->young = q->sample;
        q->since = now;
    }
    if (q->sample < q->young)
        q->young = q->sample;
    q->waits = q->sample - (q->young < q->old ? q->young : q->old);
}

static usec_t at_most(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

void queue_settle(struct queue *q)
{
    // Up in seconds, down at once: a queue of our own must not become usual.
    const usec_t gap = q->waits - q->usual;
    // From one feedback to the next: a queue grows over many, jitter does not.
    const usec_t step = q->waits - q->before;
    const usec_t off = (step < 0 ? -step : step) - q->spread;
    q->before = q->waits;
    q->usual = at_most(q->usual + (gap > 0 ? gap / 100 : gap / 8), USUAL_MAX);
    q->spread = at_most(q->spread + off / 50, SPREAD_MAX);
}

void queue_accept(struct queue *q)
{
    q->usual = at_most(q->waits, USUAL_MAX);
}

void queue_jitters(struct queue *q, usec_t spread)
{
    if (q->spread < spread)
        q->spread = spread;
}
