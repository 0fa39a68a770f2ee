/* DCEP: what is read is written as the same bytes. */
#include "dcep.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dcep d, again;
    uint8_t buf[DCEP_OPEN_MAX];
    if (dcep_parse(data, len, &d) != DROP_NONE)
        return 0;
    const size_t n = dcep_write(&d, buf);
    assert(n <= len);
    assert(dcep_parse(buf, n, &again) == DROP_NONE);
    assert(again.type == d.type && strcmp(again.label, d.label) == 0 &&
           strcmp(again.protocol, d.protocol) == 0);
    assert(memcmp(&again.conf, &d.conf, sizeof(d.conf)) == 0);
    if (d.type == DCEP_OPEN && d.conf.mode != CHANNEL_RELIABLE)
        assert(n == len && memcmp(buf, data, n) == 0);
    return 0;
}
