#include "invite_body.h"

#include <stdio.h>
#include <string.h>

#define REF_CHARS  255
#define NAME_CHARS 80
#define USES_MAX   10000

const char *const invite_body_fields[] = {"from", "ring_timeout", "to", NULL};

static void read_from(struct body *body, struct invite_body *out)
{
    static const char *const known[] = {"ref", "name", NULL};
    const json_t *from = body_object(body, "/from", known);

    if (!from)
        body_bad(body, "/from", "required", "obligatoire");
    else if (!body_text(body, from, "/from/ref", REF_CHARS, out->from_ref,
                        sizeof out->from_ref))
        body_bad(body, "/from/ref", "required", "obligatoire");
    else if (!body_text(body, from, "/from/name", NAME_CHARS, out->from_name,
                        sizeof out->from_name))
        body_bad(body, "/from/name", "required", "obligatoire");
}

/** "/to/3/name". */
static const char *at(char out[BODY_POINTER_SIZE], unsigned i, const char *field)
{
    (void)snprintf(out, BODY_POINTER_SIZE, "/to/%u/%s", i, field);
    return out;
}

static void read_email(struct body *body, json_t *to, unsigned i, struct invite_to *out,
                       int64_t now)
{
    static const char *const known[] = {"email_link", "name", "max_uses", "expires_at", NULL};
    struct store_invitation *v = &out->invitation;
    char pointer[BODY_POINTER_SIZE], base[BODY_POINTER_SIZE];
    int64_t uses = 0;

    (void)snprintf(base, sizeof base, "/to/%u", i);
    body_known(body, to, base, known);
    v->email = true;
    (void)body_text(body, to, at(pointer, i, "name"), NAME_CHARS, v->to_name,
                    sizeof v->to_name);
    (void)body_number(body, to, at(pointer, i, "max_uses"), (struct body_range){1, USES_MAX},
                      &uses);
    v->max_uses = (unsigned)uses;
    if (body_time(body, to, at(pointer, i, "expires_at"), &v->expires_at) &&
        v->expires_at <= now)
        body_bad(body, pointer, "it is in the past", "elle est passée");
}

static void read_callee(struct body *body, json_t *to, unsigned i, struct invite_to *out)
{
    static const char *const known[] = {"ref", "name", "presence", "email_link", NULL};
    struct store_invitation *v = &out->invitation;
    char pointer[BODY_POINTER_SIZE], base[BODY_POINTER_SIZE], word[16];

    (void)snprintf(base, sizeof base, "/to/%u", i);
    body_known(body, to, base, known);
    if (!body_text(body, to, at(pointer, i, "ref"), REF_CHARS, v->to_ref, sizeof v->to_ref))
        body_bad(body, pointer, "required", "obligatoire");
    if (!body_text(body, to, at(pointer, i, "name"), NAME_CHARS, v->to_name, sizeof v->to_name))
        body_bad(body, pointer, "required", "obligatoire");
    if (!body_text(body, to, at(pointer, i, "presence"), 15, word, sizeof word))
        return;
    out->offline = strcmp(word, "offline") == 0;
    if (!out->offline && strcmp(word, "online") != 0)
        body_bad(body, pointer, "online, offline", "online, offline");
}

static void read_to(struct body *body, struct invite_body *out, int64_t now)
{
    const json_t *list = json_object_get(body->json, "to");
    size_t i;
    json_t *to;

    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > INVITE_CALLEES) {
        body_bad(body, "/to", "a list of 1 to 50 people", "une liste de 1 à 50 personnes");
        return;
    }
    json_array_foreach(list, i, to)
    {
        struct invite_to *one = &out->to[out->count++];
        char pointer[BODY_POINTER_SIZE];
        bool email = false;

        (void)snprintf(pointer, sizeof pointer, "/to/%zu", i);
        if (!json_is_object(to)) {
            body_bad(body, pointer, "an object", "un objet");
            return;
        }
        (void)body_flag(body, to, at(pointer, (unsigned)i, "email_link"), &email);
        if (email)
            read_email(body, to, (unsigned)i, one, now);
        else
            read_callee(body, to, (unsigned)i, one);
    }
}

void invite_body_read(struct body *body, struct invite_body *out, int64_t now)
{
    int64_t ring_s = INVITE_RING_S;

    memset(out, 0, sizeof *out);
    read_from(body, out);
    (void)body_number(body, body->json, "/ring_timeout",
                      (struct body_range){INVITE_RING_MIN_S, INVITE_RING_MAX_S}, &ring_s);
    out->ring_s = (unsigned)ring_s;
    read_to(body, out, now);
}
