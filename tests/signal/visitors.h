/** Hosts, members and guests who come to the room of a house. */
#ifndef TESTS_SIGNAL_VISITORS_H
#define TESTS_SIGNAL_VISITORS_H

#include "house.h"

static inline void set_access(struct house *h, enum links_access access)
{
    h->room.access = access;
    assert_int_equal(links_room_change(h->links, &h->room), 0);
}

static inline void begin(struct house *h, enum links_access access)
{
    house_begin(h, &usual);
    set_access(h, access);
}

/** Joins by the host link. */
static inline void join_host(struct house *h, struct client *c)
{
    char url[LINKS_URL_SIZE], more[LINKS_URL_SIZE];
    connect_client(h, c);
    links_host_url(h->links, &h->room, url);
    snprintf(more, sizeof(more), ",\"name\":\"Host\",\"host\":\"%s\"", strstr(url, "#h=") + 3);
    assert_string_equal(str(join(h, c, more), "role"), "host");
}

/** … as somebody the front end has signed. */
static inline json_t *join_signed(struct house *h, struct client *c, const char *ref,
                                  enum links_role role)
{
    struct links_member who = {.role = role};
    char more[LINKS_URL_SIZE];
    connect_client(h, c);
    snprintf(who.ref, sizeof(who.ref), "%s", ref);
    snprintf(who.name, sizeof(who.name), "Signed %s", ref);
    char *url = links_member_url(h->links, &h->room, &who, 60, (int64_t)time(NULL));
    snprintf(more, sizeof(more), ",\"token\":\"%s\"", strstr(url, "#t=") + 3);
    free(url);
    return join(h, c, more);
}

/** A guest knocks; true to its word the server says what it waits for. */
static inline void knock(struct house *h, struct client *c, const char *name,
                         const char *reason)
{
    char more[100];
    connect_client(h, c);
    snprintf(more, sizeof(more), ",\"name\":\"%s\"", name);
    json_t *lobby = join(h, c, more);
    assert_string_equal(str(lobby, "type"), "lobby");
    assert_string_equal(str(lobby, "state"), "waiting");
    assert_string_equal(str(lobby, "reason"), reason);
    assert_int_equal(json_integer_value(json_object_get(lobby, "re")), 1);
}

/** Says a request about one, with the id of a request. */
static inline json_t *ask_about(struct client *c, const char *type, const char *more,
                                const char *whom)
{
    char text[300];
    snprintf(text, sizeof(text), "{\"type\":\"%s\",\"id\":9,\"participant\":\"%s\"%s}", type,
             whom, more);
    return ask(c, text);
}

static inline const char *id_of(const struct client *c, const char *type)
{
    return str(heard(c, type, 0), "participant");
}

/** How many knock, as this one was told last. */
static inline int knocking(const struct client *c)
{
    json_t *m = NULL, *next;
    for (unsigned k = 0; (next = heard(c, "knocking", k)); k++)
        m = next;
    return m ? (int)json_array_size(json_object_get(m, "participants")) : -1;
}

#endif
