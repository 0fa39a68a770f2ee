/** A query or form: what is accepted is text without NULs, each field within it, and the same
 * bytes give the same fields. */
#include "form.h"

#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // Without a NUL behind it, so that reading too far is seen.
    char *text = malloc(size ? size : 1);
    struct form form, again;
    const char *twice;

    memcpy(text, data, size);
    if (form_parse(&form, text, size) == 0) {
        assert(form.count <= FORM_FIELDS_MAX);
        for (size_t i = 0; i < form.count; i++) {
            const struct form_field *f = &form.field[i];

            assert(strlen(f->name) + strlen(f->value) <= size);
            assert(text_utf8_valid(f->name, strlen(f->name)));
            assert(text_utf8_valid(f->value, strlen(f->value)));
            assert(form_get(&form, f->name));
        }
        assert(form_parse(&again, text, size) == 0 && again.count == form.count);
        twice = form_twice(&form, &again);
        assert((twice != NULL) == (form.count > 0));
        form_free(&again);
    }
    form_free(&form);
    free(text);
    return 0;
}
