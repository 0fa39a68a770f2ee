/*
 * La Suite Meet's external API v1.0, for front ends that know it: a server gets a token for one
 * of its users, and makes rooms that belong to that user.
 */
#include "lasuite.h"

#include "base/log.h"
#include "base/read_json.h"
#include "base/text.h"
#include "form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EMAIL_MAX 254 // RFC 5321 section 4.5.3.1.3
#define SCOPE     "rooms:list rooms:retrieve rooms:create"

/* ---- answers ---- */

void lasuite_fail(struct http_req *req, unsigned status, const char *detail)
{
    http_set(req, "Cache-Control", "no-store");
    http_reply_json(req, status, json_pack("{s:s}", "detail", detail));
}

void lasuite_refuse(struct http_req *req, const char *detail)
{
    http_set(req, "Cache-Control", "no-store");
    http_set(req, "WWW-Authenticate", "Bearer");
    // Its documentation says "error", its framework says "detail".
    http_reply_json(req, 401, json_pack("{s:s, s:s}", "detail", detail, "error", detail));
}

void lasuite_fail_error(struct http_req *req, int error)
{
    if (error == -ENOENT) {
        lasuite_fail(req, 404, "Not found.");
    } else if (error == -EDQUOT) {
        http_set(req, "Retry-After", "3600");
        lasuite_fail(req, 429, "There are as many rooms as there may be.");
    } else if (links_down(error)) {
        log_at(LEVEL_WARN, "lasuite.database", "id=%s error=\"%s\"", http_id(req),
               strerror(-error));
        http_set(req, "Retry-After", "5");
        lasuite_fail(req, 503, "The server cannot do this just now.");
    } else {
        log_at(LEVEL_ERROR, "lasuite.error", "id=%s error=\"%s\"", http_id(req),
               strerror(-error));
        lasuite_fail(req, 500, "The server made a mistake.");
    }
}

void lasuite_wrong(json_t *errors, const char *field, const char *what)
{
    (void)json_object_set_new(errors, field, json_pack("[s]", what));
}

bool lasuite_good(struct http_req *req, json_t *errors)
{
    if (json_object_size(errors) > 0) {
        http_set(req, "Cache-Control", "no-store");
        http_reply_json(req, 400, errors);
        return false;
    }
    json_decref(errors);
    return true;
}

/* ---- bodies ---- */

static json_t *from_form(struct http_req *req, const char *text, size_t len)
{
    struct form form;
    json_t *fields;

    if (form_parse(&form, text, len)) {
        lasuite_fail(req, 400, "Form parse error");
        return NULL;
    }
    fields = json_object();
    // Of a field that is there twice the last one counts, as in its framework.
    for (size_t i = 0; i < form.count; i++)
        (void)json_object_set_new(fields, form.field[i].name, json_string(form.field[i].value));
    form_free(&form);
    return fields;
}

static json_t *from_json(struct http_req *req, const char *text, size_t len)
{
    json_t *fields;
    int error = read_json(text, len, JSON_REJECT_DUPLICATES, &fields, NULL);

    if (error == -ENOMEM)
        lasuite_fail_error(req, error);
    else if (error)
        lasuite_fail(req, 400, "JSON parse error");
    else if (!json_is_object(fields))
        (void)lasuite_good(req, json_pack("{s:[s]}", "non_field_errors",
                                          "Invalid data. Expected a dictionary."));
    if (json_is_object(fields))
        return fields;
    json_decref(fields);
    return NULL;
}

json_t *lasuite_fields(struct http_req *req)
{
    size_t len;
    const char *text = http_body(req, &len);

    if (len == 0)
        return json_object();
    if (http_content_is(req, "application/json"))
        return from_json(req, text, len);
    if (http_content_is(req, "application/x-www-form-urlencoded"))
        return from_form(req, text, len);
    lasuite_fail(req, 415, "Unsupported media type in request.");
    return NULL;
}

/* ---- tokens ---- */

/** A text that must be there; "" and a complaint if it is not. */
static const char *text_of(const json_t *fields, const char *name, json_t *errors)
{
    const json_t *value = json_object_get(fields, name);
    const char *text = json_string_value(value);

    if (!value)
        lasuite_wrong(errors, name, "This field is required.");
    else if (json_is_null(value))
        lasuite_wrong(errors, name, "This field may not be null.");
    else if (!text)
        lasuite_wrong(errors, name, "Not a valid string.");
    else if (*text == '\0')
        lasuite_wrong(errors, name, "This field may not be blank.");
    else
        return text;
    return "";
}

/** An e-mail address in lower case: one @ with something before it and a domain behind it. */
static bool take_email(const char *text, char out[LINKS_REF_SIZE])
{
    const size_t len = strlen(text);
    const char *at = strchr(text, '@'), *dot = at ? strrchr(at, '.') : NULL;

    if (len > EMAIL_MAX || !text_one_line(text, len) || !at || at == text ||
        strchr(at + 1, '@') || !dot || dot == at + 1 || dot[1] == '\0' ||
        strpbrk(text, " <>()[],;:\\\""))
        return false;
    for (size_t i = 0; i <= len; i++)
        out[i] = text_lower(text[i]);
    return true;
}

struct token_request {
    const char *client, *secret;
    char user[LINKS_REF_SIZE];
};

/** Reads the fields; false: it was answered. */
static bool read_token_request(struct http_req *req, const json_t *fields,
                               struct token_request *out)
{
    json_t *errors = json_object();
    const char *grant = text_of(fields, "grant_type", errors);
    const char *scope = text_of(fields, "scope", errors);

    out->client = text_of(fields, "client_id", errors);
    out->secret = text_of(fields, "client_secret", errors);
    if (*grant && strcmp(grant, "client_credentials") != 0)
        lasuite_wrong(errors, "grant_type", "This is not a valid choice.");
    if (*scope && !take_email(scope, out->user))
        lasuite_wrong(errors, "scope", "Enter a valid email address.");
    return lasuite_good(req, errors);
}

static void reply_token(struct api *api, struct http_req *req, const struct links_delegate *who)
{
    char *token = links_delegate_token(api->conf.links, who, api_now());

    if (!token) {
        lasuite_fail_error(req, -ENOMEM);
        return;
    }
    http_set(req, "Cache-Control", "no-store");
    http_reply_json(req, 200,
                    json_pack("{s:s, s:s, s:i, s:s}", "access_token", token, "token_type",
                              "Bearer", "expires_in", LINKS_DELEGATE_S, "scope", SCOPE));
    free(token);
}

static void make_token(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    json_t *fields = lasuite_fields(req);
    struct token_request asked;
    struct links_delegate who;
    int error;

    if (!fields)
        return;
    if (read_token_request(req, fields, &asked)) {
        error = links_tenant_find(api->conf.links, asked.client, &who.tenant);
        if (error == 0)
            error = strcmp(who.tenant.prefix, asked.client) != 0
                        ? -ENOENT
                        : links_delegate_check(api->conf.links, who.tenant.id, asked.secret,
                                               api_now());
        memcpy(who.user, asked.user, sizeof who.user);
        if (error == -ENOENT || error == -EACCES)
            lasuite_refuse(req, "Invalid credentials");
        else if (error)
            lasuite_fail_error(req, error);
        else
            reply_token(api, req, &who);
    }
    json_decref(fields);
}

bool lasuite_caller(struct api *api, struct http_req *req, struct links_delegate *out)
{
    const char *token = http_bearer(req);
    int error = token ? links_delegate_verify(api->conf.links, token, out, api_now()) : -EACCES;

    if (!token)
        lasuite_refuse(req, "Authentication credentials were not provided.");
    else if (error == -EACCES)
        lasuite_refuse(req, "Invalid token.");
    else if (error == -ETIME)
        lasuite_refuse(req, "Token expired.");
    else if (error)
        lasuite_fail_error(req, error);
    return error == 0;
}

/* ---- routes ---- */

static void not_allowed(struct http_req *req, void *ctx)
{
    (void)ctx;
    lasuite_fail(req, 405, "Method not allowed.");
}

static void not_found(struct http_req *req, void *ctx)
{
    (void)ctx;
    lasuite_fail(req, 404, "Not found.");
}

void api_lasuite_routes(struct api *api)
{
#define BASE  "/external-api/v1.0"
#define TOKEN BASE "/application/token"
#define ROOMS BASE "/rooms"
#define BOTH(method, path, run, max)                                                           \
    {method, path "/", run, max, HTTP_ANY_TYPE},                                               \
    {                                                                                          \
        method, path, run, max, HTTP_ANY_TYPE                                                  \
    }
#define REST(run, method)                                                                      \
    {                                                                                          \
        method, "/external-api/{rest*}", run, API_BODY_MAX, HTTP_ANY_TYPE                      \
    }
    static const struct http_route routes[] = {
        BOTH("POST", TOKEN, make_token, API_BODY_MAX),
        BOTH("GET", TOKEN, not_allowed, 0),
        BOTH("POST", ROOMS, lasuite_make, API_BODY_MAX),
        BOTH("GET", ROOMS, lasuite_list, 0),
        BOTH("GET", ROOMS "/{id}", lasuite_get, 0),
        BOTH("PUT", ROOMS "/{id}", not_allowed, API_BODY_MAX),
        BOTH("PATCH", ROOMS "/{id}", not_allowed, API_BODY_MAX),
        BOTH("DELETE", ROOMS "/{id}", not_allowed, API_BODY_MAX),
        REST(not_found, "GET"),
        REST(not_found, "POST"),
        REST(not_found, "PUT"),
        REST(not_found, "PATCH"),
        REST(not_found, "DELETE"),
    };
#undef BASE
#undef TOKEN
#undef ROOMS
#undef BOTH
#undef REST

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
