#include "http.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void http_reply_fini(struct http_reply *r)
{
    free(r->body);
    free(r->location);
    free(r->etag);
    *r = (struct http_reply){0};
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    struct http_reply *r = arg;
    (void)one;
    char *grown = realloc(r->body, r->len + len + 1);
    if (!grown)
        return 0;
    memcpy(grown + r->len, data, len);
    r->body = grown;
    r->len += len;
    r->body[r->len] = '\0';
    return len;
}

static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
    struct http_reply *r = arg;
    (void)one;
    if (len > 5 && !strncasecmp(line, "etag:", 5)) {
        free(r->etag);
        size_t from = strspn(line + 5, " ") + 5;
        r->etag = strndup(line + from, strcspn(line + from, "\r\n"));
    }
    return len;
}

static void look_up_location(CURL *curl, struct http_reply *r)
{
    // libcurl resolves a relative Location against the request's URL, and follows none here.
    char *url = NULL;
    if (!curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url) && url) {
        r->location = strdup(url);
        return;
    }
    struct curl_header *header; // a Location on a 201 is no redirect to libcurl
    if (curl_easy_header(curl, "Location", 0, CURLH_HEADER, -1, &header))
        return;
    CURLU *base = curl_url();
    char *from = NULL, *full = NULL;
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &from);
    if (!curl_url_set(base, CURLUPART_URL, from, 0) &&
        !curl_url_set(base, CURLUPART_URL, header->value, 0) &&
        !curl_url_get(base, CURLUPART_URL, &full, 0))
        r->location = strdup(full);
    curl_free(full);
    curl_url_cleanup(base);
}

int http_request(const char *method, const char *url, const char *type, const char *body,
                 const char *const *headers, struct http_reply *r)
{
    char line[256];
    struct curl_slist *list = NULL;
    *r = (struct http_reply){0};
    CURL *curl = curl_easy_init();
    if (type) {
        snprintf(line, sizeof line, "Content-Type: %s", type);
        list = curl_slist_append(list, line);
    }
    for (; headers && *headers; headers++)
        list = curl_slist_append(list, *headers);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, r);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &r->status);
        look_up_location(curl, r);
    } else {
        fprintf(stderr, "%s %s: %s\n", method, url, curl_easy_strerror(code));
    }
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    return code == CURLE_OK ? 0 : -1;
}

static const char *need(const char *name)
{
    const char *value = getenv(name);
    if (!value) {
        fprintf(stderr, "%s is not set: start me by tests/interop/run\n", name);
        exit(2);
    }
    return value;
}

void http_new_room(char *whip, char *whep, size_t size)
{
    char url[512], authorization[256];
    const char *server = need("SALON_URL");
    snprintf(url, sizeof url, "%s/api/v1/rooms", server);
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s",
             need("SALON_KEY"));
    struct http_reply r;
    const char *headers[] = {authorization, NULL};
    if (http_request("POST", url, "application/json", "{}", headers, &r) || r.status != 201) {
        fprintf(stderr, "no room: %ld %s\n", r.status, r.body ? r.body : "");
        abort();
    }
    json_t *room = json_loads(r.body, 0, NULL);
    const char *link = json_string_value(json_object_get(room, "url"));
    const char *token = link ? strstr(link, "/r/") : NULL;
    if (!token) {
        fprintf(stderr, "a room without a link: %s\n", r.body);
        abort();
    }
    snprintf(whip, size, "%s/whip/%s", server, token + 3);
    snprintf(whep, size, "%s/whep/%s", server, token + 3);
    json_decref(room);
    http_reply_fini(&r);
}

double http_metric(const char *name, const char *label)
{
    char url[512];
    double sum = 0;
    struct http_reply r;
    snprintf(url, sizeof url, "%s/metrics", need("SALON_URL"));
    if (http_request("GET", url, NULL, NULL, NULL, &r) || r.status != 200 || !r.body) {
        http_reply_fini(&r);
        return -1;
    }
    for (char *save, *line = strtok_r(r.body, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *value = strrchr(line, ' ');
        if (!strncmp(line, name, strlen(name)) && strstr(line, label) && value)
            sum += strtod(value, NULL);
    }
    http_reply_fini(&r);
    return sum;
}
