#include "conn.h"

#include "base/read_json.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned status;
    const char *en, *fr;
} kinds[PROBLEM_COUNT] = {
    [PROBLEM_INVALID_JSON] = {"invalid-json", 400, "The body is not valid JSON",
                              "Le corps n'est pas du JSON valide"},
    [PROBLEM_INVALID_REQUEST] = {"invalid-request", 400, "The request is not valid",
                                 "La requête n'est pas valide"},
    [PROBLEM_UNAUTHORIZED] = {"unauthorized", 401, "A valid key or token is required",
                              "Une clé ou un jeton valide est nécessaire"},
    [PROBLEM_FORBIDDEN_SCOPE] = {"forbidden-scope", 403, "The key lacks the scope for this",
                                 "La clé n'a pas le droit nécessaire"},
    [PROBLEM_FEATURE_DISABLED] = {"feature-disabled", 403, "This feature is switched off",
                                  "Cette fonction est désactivée"},
    [PROBLEM_ORIGIN_NOT_ALLOWED] = {"origin-not-allowed", 403, "This origin is not allowed",
                                    "Cette origine n'est pas autorisée"},
    [PROBLEM_NOT_FOUND] = {"not-found", 404, "There is nothing here",
                           "Il n'y a rien à cette adresse"},
    [PROBLEM_METHOD_NOT_ALLOWED] = {"method-not-allowed", 405,
                                    "This method is not possible here",
                                    "Cette méthode n'est pas possible ici"},
    [PROBLEM_NOT_ACCEPTABLE] = {"not-acceptable", 406, "No such form of answer exists",
                                "Cette forme de réponse n'existe pas"},
    [PROBLEM_CONFLICT] = {"conflict", 409, "This contradicts the present state",
                          "Ceci contredit l'état actuel"},
    [PROBLEM_IDEMPOTENCY_IN_PROGRESS] = {"idempotency-in-progress", 409,
                                         "The same request is still being worked on",
                                         "La même requête est encore en cours"},
    [PROBLEM_INVITATION_SETTLED] = {"invitation-settled", 409, "The invitation is settled",
                                    "L'invitation est déjà réglée"},
    [PROBLEM_ROOM_CLOSED] = {"room-closed", 410, "The room is closed", "La salle est fermée"},
    [PROBLEM_LINK_REPLACED] = {"link-replaced", 410, "This link was replaced by the organizer",
                               "Ce lien a été remplacé par l'organisateur"},
    [PROBLEM_LINK_EXPIRED] = {"link-expired", 410, "This link has expired", "Ce lien a expiré"},
    [PROBLEM_PRECONDITION_FAILED] = {"precondition-failed", 412,
                                     "The precondition does not hold",
                                     "La condition préalable n'est pas remplie"},
    [PROBLEM_TOO_LARGE] = {"too-large", 413, "The body is too large",
                           "Le corps est trop grand"},
    [PROBLEM_UNSUPPORTED_MEDIA] = {"unsupported-media", 415,
                                   "The body's content type is not supported",
                                   "Ce type de contenu n'est pas accepté"},
    [PROBLEM_INVALID_FIELD] = {"invalid-field", 422, "A field is not valid",
                               "Un champ n'est pas valide"},
    [PROBLEM_INVALID_CALENDAR] = {"invalid-calendar", 422, "The calendar is not valid",
                                  "Le calendrier n'est pas valide"},
    [PROBLEM_IDEMPOTENCY_MISMATCH] = {"idempotency-mismatch", 422,
                                      "This Idempotency-Key was used for another request",
                                      "Cette Idempotency-Key a servi à une autre requête"},
    [PROBLEM_PRECONDITION_REQUIRED] = {"precondition-required", 428,
                                       "A precondition is required",
                                       "Une condition préalable est nécessaire"},
    [PROBLEM_RATE_LIMITED] = {"rate-limited", 429, "Too many requests", "Trop de requêtes"},
    [PROBLEM_QUOTA_EXCEEDED] = {"quota-exceeded", 429, "The quota is used up",
                                "Le quota est épuisé"},
    [PROBLEM_INTERNAL] = {"internal", 500, "The server made a mistake",
                          "Le serveur a fait une erreur"},
    [PROBLEM_CAPACITY] = {"capacity", 503, "The server cannot do this just now",
                          "Le serveur ne peut pas le faire maintenant"},
};

const char *http_problem_name(enum http_problem kind)
{
    return kinds[kind].name;
}

unsigned http_problem_status(enum http_problem kind)
{
    return kinds[kind].status;
}

static json_t *make(const struct http_req *req, enum http_problem kind, const char *detail,
                    const char *pointer)
{
    const char *title = strcmp(http_lang(req), "fr") == 0 ? kinds[kind].fr : kinds[kind].en;
    json_t *json = json_pack("{s:s+, s:s, s:i, s:s?, s:s}", "type", "/problems/",
                             kinds[kind].name, "title", title, "status", kinds[kind].status,
                             "detail", detail ? detail : title, "instance", req->id);

    if (json && pointer)
        (void)json_object_set_new(
            json, "errors",
            json_pack("[{s:s, s:s}]", "pointer", pointer, "detail", detail ? detail : title));
    return json;
}

static void send_problem(struct http_req *req, enum http_problem kind, json_t *json)
{
    char *text = write_json(json);

    json_decref(json);
    http_set(req, "Cache-Control", "no-store");
    http_set(req, "Vary", "Accept-Language");
    if (kind == PROBLEM_UNAUTHORIZED)
        http_set(req, "WWW-Authenticate", "Bearer"); // RFC 9110 section 11.6.1
    // Without memory for the document its status says enough.
    http_reply(req, kinds[kind].status, text ? "application/problem+json" : NULL, text,
               text ? strlen(text) : 0);
    free(text);
}

void http_problem(struct http_req *req, enum http_problem kind, const char *detail,
                  const char *pointer)
{
    send_problem(req, kind, make(req, kind, detail, pointer));
}

void http_problem_later(struct http_req *req, enum http_problem kind, const char *detail,
                        unsigned retry_after_s)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%u", retry_after_s);
    http_set(req, "Retry-After", text);
    http_problem(req, kind, detail, NULL);
}

void http_problem_with(struct http_req *req, enum http_problem kind, const char *detail,
                       const char *pointer, json_t *more)
{
    json_t *json = make(req, kind, detail, pointer);

    (void)json_object_update_missing(json, more);
    json_decref(more);
    send_problem(req, kind, json);
}
