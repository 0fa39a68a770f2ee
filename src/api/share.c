/* What a front end puts into messages, calendars and pages, so that people find the room. */
#include "inner.h"
#include "template.h"

#include "base/read_json.h"
#include "base/text.h"
#include "cal/cal.h"
#include "links/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    FILE *f = text_open(&text, &len);

    if (!f)
        return NULL;
    (void)fputs("mailto:?subject=", f);
    text_percent(f, subject, strlen(subject));
    (void)fputs("&body=", f);
    for (const char *line = body; *line;) {
        const size_t n = strcspn(line, "\n");

        text_percent(f, line, n);
        line += n;
        if (*line == '\n') {
            (void)fputs("%0D%0A", f);
            line++;
        }
    }
    return fclose(f) == 0 ? text : NULL;
}

/** A JSON string; frees `text`. NULL without memory, as if it had been JSON's. */
static json_t *take_string(char *text)
{
    json_t *json = text ? json_string(text) : NULL;

    if (!text)
        json_shortage();
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

/** Everything the texts are made of. */
struct share {
    struct links_settings settings;
    struct texts texts;
    char url[LINKS_URL_SIZE];
    struct template_var vars[6];
};

/** Texts in a language, for an organizer and a resource ("" for none). */
static void share_fill(struct share *s, const struct api *api, const struct links_room *room,
                       const char *lang, const char *organizer, const char *resource)
{
    (void)links_settings_get(api->conf.links, room->tenant, &s->settings);
    s->texts = pick_texts(&s->settings, lang);
    links_url(api->conf.links, room, s->url);
    s->vars[0] = (struct template_var){"URL", s->url};
    s->vars[1] = (struct template_var){"Organisateur", organizer};
    s->vars[2] = (struct template_var){"Organizer", organizer};
    s->vars[3] = (struct template_var){"NomRessource", resource};
    s->vars[4] = (struct template_var){"ResourceName", resource};
    s->vars[5] = (struct template_var){NULL, NULL};
}

static void share_open(struct share *s, const struct api *api, const struct http_req *req,
                       const struct links_caller *caller, const struct links_room *room)
{
    const char *organizer = shown(http_query(req, "organizer"));

    share_fill(s, api, room, pick_lang(req, caller, room),
               *organizer ? organizer : room->owner_name, shown(http_query(req, "resource")));
}

static char *subject_of(const struct share *s, const struct links_room *room)
{
    return *room->title ? strdup(room->title)
                        : template_fill(s->texts.subject, s->vars, false, words[0].subject);
}

json_t *api_share_mail(const struct api *api, const struct links_room *room,
                       const char *organizer, const char *lang)
{
    struct share s;
    char *subject, *text;
    json_t *json = NULL;

    share_fill(&s, api, room, lang, organizer, "");
    subject = subject_of(&s, room);
    text = template_fill(s.texts.text, s.vars, false, s.url);
    if (subject && text)
        json = json_pack("{s:s, s:s, s:s}", "link", s.url, "subject", subject, "text", text);
    free(subject);
    free(text);
    links_settings_fini(&s.settings);
    return json;
}

char *api_share_text(const struct api *api, const struct http_req *req,
                     const struct links_caller *caller, const struct links_room *room)
{
    struct share s;
    char *text;

    share_open(&s, api, req, caller, room);
    text = template_fill(s.texts.text, s.vars, false, s.url);
    links_settings_fini(&s.settings);
    return text;
}

/** The lines that carry the link in a calendar's event. */
static json_t *ics_json(const struct links_room *room, const char *url, const char *lang)
{
    const struct cal_edit edit = {.url = url,
                                  .id = room->id,
                                  .label = strncmp(lang, "fr", 2) == 0 ? "Visioconférence"
                                                                       : "Video meeting"};
    struct cal_lines lines;
    json_t *list = json_array();

    if (cal_link_lines(&edit, &lines) < 0)
        json_shortage();
    else
        for (unsigned i = 0; i < 4; i++)
            (void)json_array_append_new(list, json_string(lines.line[i]));
    for (unsigned i = 0; i < 4; i++)
        free(lines.line[i]);
    return list;
}

json_t *api_share_of(const struct api *api, const struct http_req *req,
                     const struct links_caller *caller, const struct links_room *room)
{
    struct share s;
    char *subject, *text, *html;
    json_t *json = NULL;

    share_open(&s, api, req, caller, room);
    subject = subject_of(&s, room);
    text = template_fill(s.texts.text, s.vars, false, s.url);
    html = template_fill(s.texts.html, s.vars, true, s.url);
    if (subject && text && html)
        json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "locale",
                         s.texts.lang, "subject", subject, "text", text, "html", html, "mailto",
                         take_string(make_mailto(subject, text)), "location", s.url, "embed",
                         take_string(api_embed_html(s.url, "100%", "600")), "ics",
                         ics_json(room, s.url, s.texts.lang), "ics_url",
                         api_share_file_url(api, req, room, "event.ics"), "qr_url",
                         api_share_file_url(api, req, room, "qr.svg"));
    free(subject);
    free(text);
    free(html);
    links_settings_fini(&s.settings);
    if (!json)
        json_shortage();
    return json ? json : json_null();
}

json_t *api_strip_json(const char *url)
{
    return json_pack("{s:s, s:[s, s, s], s:[s, s]}", "location", url, "ics", "CONFERENCE",
                     "X-CONFERENCE", "X-CONFERENCE-ID", "text_markers", CAL_MARK_BEGIN,
                     CAL_MARK_END);
}
