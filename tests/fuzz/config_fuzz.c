/** Any file is either a configuration or one line that says what is wrong. */
#include "config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[CONFIG_WHY] = "";
    struct config *config;

    if (config_parse((const char *)data, size, "f", &config, why)) {
        assert(strncmp(why, "f:", 2) == 0 || strcmp(why, "") == 0);
        assert(memchr(why, '\0', sizeof why));
        return 0;
    }
    assert(config->http.port >= 1 && config->http.port <= 65535 && *config->state);
    json_decref(config_ice_servers(config));
    config_free(config);
    return 0;
}
