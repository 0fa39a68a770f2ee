/* What a front end puts into messages, calendars and pages, so that people find the room. */
#include "inner.h"
#include "template.h"

#include "base/text.h"
#include "links/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Around our text in an event's description: so it can be found, replaced and taken out again.
#define MARK_BEGIN "-::~ salon ~::-"
#define MARK_END   "-::~ ~::-"

/** The built-in texts, in the form of a tenant's templates. */
static const struct words {
    const char *lang, *subject, *text, *html;
} words[] = {
    {"en", "Invitation to a video meeting",
     "${Organizer} invites you to a video meeting.\n"
     "Join the video meeting:\n${URL}\n\n"
     "Open the link in a browser, type your name and press Start. Nothing to install.\n",
     "<p>${Organizer} invites you to a video meeting.</p>\n"
     "<p><a href=\"${URL}\">Join the video meeting</a><br>${URL}</p>\n"
     "<p>Open the link in a browser, type your name and press Start. Nothing to install.</p>"},
    {"fr", "Invitation à une visioconférence",
     "${Organisateur} vous invite à une visioconférence.\n"
     "Rejoindre la visioconférence :\n${URL}\n\n"
     "Ouvrez le lien dans un navigateur, saisissez votre nom et appuyez sur Démarrer. Rien à "
     "installer.\n",
     "<p>${Organisateur} vous invite à une visioconférence.</p>\n"
     "<p><a href=\"${URL}\">Rejoindre la visioconférence</a><br>${URL}</p>\n"
     "<p>Ouvrez le lien dans un navigateur, saisissez votre nom et appuyez sur Démarrer. Rien "
     "à installer.</p>"},
};

/** One language's texts, the tenant's own where it has some. */
struct texts {
    const char *lang, *subject, *text, *html;
};

/** The tenant's texts in a language; without a region if there are none with it. */
static const json_t *own_texts(const json_t *templates, const char *lang)
{
    char plain[16];
    const json_t *texts = json_object_get(templates, lang);

    if (texts)
        return texts;
    (void)snprintf(plain, sizeof plain, "%.*s", (int)strcspn(lang, "-_"), lang);
    return json_object_get(templates, plain);
}

/** The user's language, else any. */
static struct texts pick_texts(const struct links_settings *settings, const char *lang)
{
    const struct words *w = strncmp(lang, "fr", 2) == 0 ? &words[1] : &words[0];
    const json_t *own = own_texts(settings->templates, lang);
    void *any = json_object_iter(settings->templates);
    struct texts t = {w->lang, w->subject, w->text, w->html};
    const char *subject, *text, *html;

    if (!own && any) {
        own = json_object_iter_value(any);
        t.lang = json_object_iter_key(any);
    } else if (own) {
        t.lang = lang;
    }
    subject = json_string_value(json_object_get(own, "subject"));
    text = json_string_value(json_object_get(own, "text"));
    html = json_string_value(json_object_get(own, "html"));
    t.subject = subject ? subject : t.subject;
    t.text = text ? text : t.text;
    t.html = html ? html : t.html;
    return t;
}

/** RFC 6068: all but unreserved characters escaped, lines ended by CRLF. */
static char *make_mailto(const char *subject, const char *body)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    if (!f)
        return NULL;
    (void)fputs("mailto:?subject=", f);
    text_percent(f, subject);
    (void)fputs("&body=", f);
    for (const char *line = body; *line;) {
        size_t n = strcspn(line, "\n");
        char *copy = strndup(line, n);

        text_percent(f, copy ? copy : "");
        free(copy);
        line += n;
        if (*line == '\n') {
            (void)fputs("%0D%0A", f);
            line++;
        }
    }
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}

/** A frame of the room for a page of the tenant's. */
static char *make_embed(const char *url)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    if (!f)
        return NULL;
    (void)fputs("<iframe src=\"", f);
    text_html(f, url);
    (void)fputs("\" allow=\"camera; microphone; display-capture; autoplay; fullscreen; "
                "picture-in-picture\" style=\"width:100%;height:600px;border:0\"></iframe>",
                f);
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}

/** A JSON string, or null without memory; frees `text`. */
static json_t *take_string(char *text)
{
    json_t *json = text ? json_string(text) : json_null();

    free(text);
    return json;
}

/** The language of the texts: the query's, the room's, the tenant's, the client's. */
static const char *pick_lang(const struct http_req *req, const struct links_caller *caller,
                             const struct links_room *room)
{
    const char *asked = http_query(req, "locale");

    if (asked && *asked)
        return asked;
    if (*room->locale)
        return room->locale;
    return *caller->tenant.locale ? caller->tenant.locale : http_lang(req);
}

/** A name from the query that is fit to be shown, or "". */
static const char *shown(const char *name)
{
    const bool fit =
        name && strlen(name) < LINKS_NAME_SIZE && text_one_line(name, strlen(name));

    return fit ? name : "";
}

json_t *api_share_of(const struct api *api, const struct http_req *req,
                     const struct links_caller *caller, const struct links_room *room)
{
    struct links_settings settings;
    const bool set = links_settings_get(api->conf.links, caller->tenant.id, &settings) == 0;
    const struct texts t = pick_texts(&settings, pick_lang(req, caller, room));
    const char *organizer = shown(http_query(req, "organizer"));
    const char *resource = shown(http_query(req, "resource"));
    char url[LINKS_URL_SIZE];

    organizer = *organizer ? organizer : room->owner_name;
    links_url(api->conf.links, room, url);
    const struct template_var vars[] = {
        {"URL", url},
        {"Organisateur", organizer},
        {"Organizer", organizer},
        {"NomRessource", resource},
        {"ResourceName", resource},
        {NULL, NULL},
    };
    char *subject = *room->title ? strdup(room->title)
                                 : template_fill(t.subject, vars, false, words[0].subject);
    char *text = template_fill(t.text, vars, false, url);
    char *html = template_fill(t.html, vars, true, url);
    json_t *json = NULL;

    if (subject && text && html)
        json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "locale", t.lang, "subject",
                         subject, "text", text, "html", html, "mailto",
                         take_string(make_mailto(subject, text)), "location", url, "embed",
                         take_string(make_embed(url)));
    free(subject);
    free(text);
    free(html);
    if (set)
        links_settings_fini(&settings);
    return json ? json : json_null();
}

json_t *api_strip_json(const char *url)
{
    return json_pack("{s:s, s:[s, s, s], s:[s, s]}", "location", url, "ics", "CONFERENCE",
                     "X-CONFERENCE", "X-CONFERENCE-ID", "text_markers", MARK_BEGIN, MARK_END);
}
