/** Heads, bodies and what is made of them: the same in any cut, and never out of bounds. */
#include "chunked.h"
#include "head.h"
#include "http/address.h"
#include "route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/** Reads a chunked body in pieces of `step`; its length, or -1. */
static long dechunk(const char *in, size_t len, size_t step, char *out)
{
    struct chunked c = {0};
    size_t n = 0;

    for (size_t at = 0; at < len && c.state != CHUNK_DONE;) {
        const char *data = NULL;
        size_t data_len, piece = len - at < step ? len - at : step;
        long used = chunked_read(&c, in + at, piece, &data, &data_len);

        if (used < 0)
            return -1;
        assert(used > 0 && (size_t)used <= piece);
        if (data_len > 0)
            memcpy(out + n, data, data_len);
        n += data_len;
        at += (size_t)used;
    }
    return (long)n;
}

static void check_body(const char *in, size_t len)
{
    char *a = malloc(len + 1), *b = malloc(len + 1);
    long n = dechunk(in, len, len, a);

    assert(dechunk(in, len, 1, b) == n);
    assert(n < 0 || memcmp(a, b, (size_t)n) == 0);
    free(a);
    free(b);
}

static void check_path(const struct head *head)
{
    static struct route_params params;
    struct route_pair pair[ROUTE_QUERIES];

    if (route_match("/api/{a}/x/{b*}", head->path, &params))
        assert(route_param(&params, "a") && *route_param(&params, "b") != '\0');
    (void)route_match("/{a}", head->path, &params);
    if (head->query) {
        char *query = strdup(head->query);

        (void)route_query(query, pair);
        free(query);
    }
}

static void check_address(const struct head *head)
{
    static const char *const proxies[] = {"10.0.0.0/8", "::/0"};
    const char *forwarded = head_get_last(head, "x-forwarded-for");
    char out[HTTP_ADDRESS_SIZE];

    address_client("10.0.0.1", forwarded, proxies, 2, out);
    assert(strlen(out) > 0);
    if (forwarded)
        (void)address_range_valid(forwarded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t end = head_end((const char *)data, size);
    char *text;
    struct head head;

    if (end == 0)
        end = size;
    text = malloc(end + 1);
    memcpy(text, data, end);
    if (head_parse(text, end, &head) == 0) {
        assert(*head.method && (*head.path == '/' || strcmp(head.path, "*") == 0));
        assert(head.length >= 0 && (head.length == 0 || !head.chunked));
        check_path(&head);
        check_address(&head);
    }
    free(text);
    check_body((const char *)data + end, size - end);
    return 0;
}
