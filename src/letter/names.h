/** Names of enumerators that only letters write. */
#ifndef LETTER_NAMES_H
#define LETTER_NAMES_H

#include "letter/agreement.h"

extern const char *const letter_names_role[SLOT_ROLE_COUNT]; ///< "any", "screen"
extern const char *const letter_names_dtls[2];               ///< by enum agree_dtls_role
extern const char *const letter_names_ext[EXT_COUNT];        ///< by enum media_ext

#endif
