#include "queue.h"

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

void queue_rebase(struct queue *q, usec_t now)
{
    if (!q->known)
        return;
    q->young = q->old = (q->young < q->old ? q->young : q->old) + q->waits;
    q->since = now;
    q->waits = 0;
}
