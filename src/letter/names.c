#include "names.h"

const char *const letter_names_role[SLOT_ROLE_COUNT] = {
    [SLOT_ANY] = "any",
    [SLOT_SCREEN] = "screen",
};

const char *const letter_names_dtls[2] = {
    [AGREE_DTLS_SERVER] = "server",
    [AGREE_DTLS_CLIENT] = "client",
};

const char *const letter_names_ext[EXT_COUNT] = {
    [EXT_MID] = "mid",
    [EXT_RID] = "rid",
    [EXT_RRID] = "rrid",
    [EXT_AUDIO_LEVEL] = "audio_level",
    [EXT_TWCC] = "twcc",
    [EXT_ABS_SEND_TIME] = "abs_send_time",
    [EXT_ORIENTATION] = "orientation",
    [EXT_CAPTURE_TIME] = "capture_time",
    [EXT_DEPENDENCY] = "dependency",
};
