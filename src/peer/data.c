/* SCTP over DTLS (RFC 8261): one record a packet, both ways. */
#include "inner.h"

void peer_agree_data(struct peer *p, const struct agreement *a)
{
    struct agree_data data = {0};
    for (unsigned i = 0; i < a->mline_count && data.port == 0; i++)
        if (a->mline[i].kind == KIND_DATA && a->mline[i].active)
            data = a->mline[i].data;
    if (data.port !=
        p->data.port) { // RFC 8841 section 9.3: another port is another association
        peer_end_data(p);
        p->data_over = false;
    }
    p->data = data;
}

void peer_start_data(struct peer *p, usec_t now)
{
    if (p->state != PEER_UP || p->data.port == 0 || p->assoc || p->data_over)
        return;
    const struct assoc_conf conf = {.dtls_client = p->dtls.role == DTLS_CLIENT,
                                    .their_port = p->data.port,
                                    .their_max = p->data.max_message,
                                    .owner = p};
    p->assoc = assoc_create(p->env->assocs, &conf, now);
}

void peer_receive_data(struct peer *p, usec_t now)
{
    uint8_t packet[UDP_SLOT_SIZE];
    for (size_t len; (len = dtls_read(&p->dtls, packet, sizeof(packet))) > 0;)
        if (p->assoc)
            (void)assoc_on_packet(p->assoc, packet, len, now);
}

void peer_send_data(struct peer *p, struct udp_batch *tx)
{
    uint8_t packet[ASSOC_MTU];
    _Static_assert(ASSOC_MTU <= DTLS_WRITE_MAX, "a packet is one record");
    for (size_t len; p->assoc && (len = assoc_take(p->assoc, packet)) > 0;) {
        (void)dtls_write(&p->dtls, packet, len); // what is lost here is sent again
        peer_send_dtls(p, tx);
    }
}

void peer_end_data(struct peer *p)
{
    p->data_over = p->data_over || p->assoc;
    assoc_destroy(p->assoc);
    p->assoc = NULL;
}
