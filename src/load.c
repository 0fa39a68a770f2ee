#include "load.h"

#include <sys/resource.h>

/** Once a turn, before it waits: all but the waiting was work. */
static void on_turn(uv_prepare_t *handle)
{
    struct load *l = handle->data;
    const uint64_t now = uv_hrtime(), idle = uv_metrics_idle_time(l->loop);
    const uint64_t passed = now - l->began, idled = idle - l->idle;

    if (l->began > 0 && passed >= idled)
        histogram_add(&l->busy, (usec_t)((passed - idled) / 1000), 1);
    l->began = now;
    l->idle = idle;
}

void load_start(struct load *l, uv_loop_t *loop)
{
    l->loop = loop;
    (void)uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    (void)uv_prepare_init(loop, &l->turn);
    l->turn.data = l;
    (void)uv_prepare_start(&l->turn, on_turn);
    uv_unref((uv_handle_t *)&l->turn);
}

void load_stop(struct load *l)
{
    if (l->loop && !uv_is_closing((uv_handle_t *)&l->turn))
        uv_close((uv_handle_t *)&l->turn, NULL);
}

int64_t load_cpu_us(void)
{
    struct rusage used;

    if (getrusage(RUSAGE_SELF, &used))
        return 0;
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * USEC_PER_SEC +
           used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static json_t *histogram_json(const struct histogram *h)
{
    json_t *counts = json_array();

    for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
        (void)json_array_append_new(counts, json_integer((json_int_t)h->count[i]));
    return json_pack("{s:o, s:I}", "counts", counts, "sum_us", (json_int_t)h->sum_us);
}

void load_tell(const struct load *l, json_t *stats)
{
    (void)json_object_set_new(stats, "cpu_us", json_integer(load_cpu_us()));
    (void)json_object_set_new(stats, "busy", histogram_json(&l->busy));
    (void)json_object_set_new(stats, "forward", histogram_json(&l->forward));
}
