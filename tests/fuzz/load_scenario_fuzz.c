/* A scenario file: whatever it holds, it is taken or a complaint names the place. */
#include "scenario.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct complaint why = {""};
    struct scenario *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    scenario_init(s);
    if (scenario_from_text(s, "file", (const char *)data, size, &why) < 0)
        assert(strncmp(why.text, "file:", 5) == 0);
    else
        assert(s->kinds <= SCENARIO_ROOMS && s->limits <= SCENARIO_LIMITS);
    free(s);
    return 0;
}
