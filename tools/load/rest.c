#include "rest.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (1u << 20)

struct job {
    struct job *next;
    CURL *curl;
    struct curl_slist *headers;
    char *sent; ///< owned: the body
    struct rest_reply reply;
    size_t len;
    void (*done)(void *arg, const struct rest_reply *reply);
    void *arg;
};

struct rest {
    CURLM *multi;
    struct job *jobs;
    unsigned busy;
};

struct rest *rest_create(void)
{
    struct rest *r = calloc(1, sizeof(*r));
    if (r)
        r->multi = curl_multi_init();
    return r;
}

static void job_free(struct job *j)
{
    curl_slist_free_all(j->headers);
    curl_easy_cleanup(j->curl);
    free(j->sent);
    rest_free(&j->reply);
    free(j);
}

void rest_destroy(struct rest *r)
{
    if (!r)
        return;
    while (r->jobs) {
        struct job *j = r->jobs;
        r->jobs = j->next;
        curl_multi_remove_handle(r->multi, j->curl);
        job_free(j);
    }
    curl_multi_cleanup(r->multi);
    free(r);
}

void rest_free(struct rest_reply *reply)
{
    free(reply->body);
    free(reply->location);
    *reply = (struct rest_reply){0};
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    struct job *j = arg;
    (void)one;
    if (j->len + len > BODY_MAX)
        return 0;
    char *body = realloc(j->reply.body, j->len + len + 1);
    if (!body)
        return 0;
    memcpy(body + j->len, data, len);
    j->reply.body = body;
    j->len += len;
    body[j->len] = '\0';
    return len;
}

static struct job *job_make(const struct rest_request *q)
{
    char line[700];
    struct job *j = calloc(1, sizeof(*j));
    if (!j)
        return NULL;
    j->curl = curl_easy_init();
    j->reply.body = calloc(1, 1);
    j->sent = q->body ? strdup(q->body) : NULL;
    if (!j->curl || !j->reply.body || (q->body && !j->sent)) {
        job_free(j);
        return NULL;
    }
    if (q->type) {
        (void)snprintf(line, sizeof(line), "Content-Type: %s", q->type);
        j->headers = curl_slist_append(j->headers, line);
    }
    if (q->bearer && *q->bearer) {
        (void)snprintf(line, sizeof(line), "Authorization: Bearer %s", q->bearer);
        j->headers = curl_slist_append(j->headers, line);
    }
    curl_easy_setopt(j->curl, CURLOPT_URL, q->url);
    curl_easy_setopt(j->curl, CURLOPT_CUSTOMREQUEST, q->method);
    curl_easy_setopt(j->curl, CURLOPT_HTTPHEADER, j->headers);
    curl_easy_setopt(j->curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(j->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(j->curl, CURLOPT_NOPROXY, "*"); // the server itself is to be measured
    curl_easy_setopt(j->curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(j->curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(j->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(j->curl, CURLOPT_WRITEDATA, j);
    curl_easy_setopt(j->curl, CURLOPT_PRIVATE, j);
    if (j->sent)
        curl_easy_setopt(j->curl, CURLOPT_POSTFIELDS, j->sent);
    return j;
}

/** A Location may be relative to what was asked for (RFC 9110 section 10.2.2). */
static void finish(struct job *j, CURLcode code)
{
    struct curl_header *header;
    char *from = NULL, *full = NULL;
    if (code != CURLE_OK)
        return;
    curl_easy_getinfo(j->curl, CURLINFO_RESPONSE_CODE, &j->reply.status);
    if (curl_easy_header(j->curl, "Location", 0, CURLH_HEADER, -1, &header))
        return;
    CURLU *url = curl_url();
    curl_easy_getinfo(j->curl, CURLINFO_EFFECTIVE_URL, &from);
    if (!curl_url_set(url, CURLUPART_URL, from, 0) &&
        !curl_url_set(url, CURLUPART_URL, header->value, 0) &&
        !curl_url_get(url, CURLUPART_URL, &full, 0))
        j->reply.location = strdup(full);
    curl_free(full);
    curl_url_cleanup(url);
}

bool rest_start(struct rest *r, const struct rest_request *q,
                void (*done)(void *arg, const struct rest_reply *reply), void *arg)
{
    struct job *j = job_make(q);
    if (!j)
        return false;
    j->done = done;
    j->arg = arg;
    j->next = r->jobs;
    r->jobs = j;
    r->busy++;
    curl_multi_add_handle(r->multi, j->curl);
    return true;
}

void rest_forget(struct rest *r, const void *arg)
{
    for (struct job *j = r->jobs; j; j = j->next)
        if (j->arg == arg)
            j->done = NULL;
}

static void unlink_job(struct rest *r, const struct job *j)
{
    struct job **at = &r->jobs;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
    r->busy--;
}

void rest_serve(struct rest *r)
{
    int running, left;
    CURLMsg *msg;
    if (r->busy == 0)
        return;
    curl_multi_perform(r->multi, &running);
    while ((msg = curl_multi_info_read(r->multi, &left))) {
        struct job *j = NULL;
        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &j);
        finish(j, msg->data.result);
        curl_multi_remove_handle(r->multi, j->curl);
        unlink_job(r, j);
        if (j->done)
            j->done(j->arg, &j->reply);
        job_free(j);
    }
}

unsigned rest_busy(const struct rest *r)
{
    return r->busy;
}

void rest_wait(const struct rest_request *q, struct rest_reply *reply)
{
    struct job *j = job_make(q);
    *reply = (struct rest_reply){0};
    if (!j)
        return;
    finish(j, curl_easy_perform(j->curl));
    *reply = j->reply;
    j->reply = (struct rest_reply){0};
    job_free(j);
}
