#include "data.h"

#define PORT        5000
#define MESSAGE_MAX 65536 // bytes; also what RFC 8841 section 6 takes for granted

int attr_sctp_port(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    uint64_t port = 0;
    if (!span_number(value, UINT16_MAX, &port))
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=sctp-port is not a number of 0 to 65535.");
    at->section->sctp_port = (uint16_t)port;
    return 0;
}

int attr_message_max(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    uint64_t bytes = 0;
    if (!span_number(value, UINT64_MAX, &bytes))
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=max-message-size is not a number of 64 bits.");
    at->section->has_message_max = true;
    at->section->message_max = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    return 0;
}

bool data_agree(const struct section *s, const struct sdp_local *local, struct agree_mline *m)
{
    // RFC 8841 section 5: without a port the association cannot be, and 0 closes it.
    if (!s->known || s->kind != KIND_DATA || s->sctp_port == 0 ||
        !(span_is(s->proto, "UDP/DTLS/SCTP") || span_is(s->proto, "TCP/DTLS/SCTP")) ||
        !span_is(s->formats, "webrtc-datachannel"))
        return false;
    m->active = true;
    m->data = (struct agree_data){
        .port = s->sctp_port,
        .max_message = s->has_message_max ? s->message_max : MESSAGE_MAX,
        .may_send = !local->subscribe_only,
    };
    return true;
}

void data_write(FILE *out)
{
    (void)fprintf(out, "a=sctp-port:%d\r\na=max-message-size:%d\r\n", PORT, MESSAGE_MAX);
}
