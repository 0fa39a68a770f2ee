#include "inner.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The built-in texts of an invitation; %1$s is the link. */
static const struct words {
    const char *lang, *subject, *before, *label, *after;
} words[] = {
    {"en", "Invitation to a video meeting", "Join the video meeting:", "Join the video meeting",
     "Open the link in a browser, type your name and press Start. Nothing to install."},
    {"fr", "Invitation à une visioconférence",
     "Rejoindre la visioconférence :", "Rejoindre la visioconférence",
     "Ouvrez le lien dans un navigateur, saisissez votre nom et appuyez sur Démarrer. Rien à "
     "installer."},
};

static json_t *finish(FILE *f, char **text, const size_t *len)
{
    json_t *json = NULL;

    if (fclose(f) == 0)
        json = json_stringn(*text, *len);
    free(*text);
    return json;
}

static json_t *make_text(const struct words *w, const char *url)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    if (!f)
        return NULL;
    (void)fprintf(f, "%s\n%s\n\n%s\n", w->before, url, w->after);
    return finish(f, &text, &len);
}

static json_t *make_html(const struct words *w, const char *url)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    if (!f)
        return NULL;
    (void)fputs("<p><a href=\"", f);
    text_html(f, url);
    (void)fputs("\">", f);
    text_html(f, w->label);
    (void)fputs("</a><br>", f);
    text_html(f, url);
    (void)fputs("</p><p>", f);
    text_html(f, w->after);
    (void)fputs("</p>", f);
    return finish(f, &text, &len);
}

/** RFC 6068: all but unreserved characters escaped, lines ended by CRLF. */
static json_t *make_mailto(const char *subject, const char *body)
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
    return finish(f, &text, &len);
}

json_t *api_share_json(const struct links_room *room, const char *url, const char *lang)
{
    const struct words *w = strncmp(lang, "fr", 2) == 0 ? &words[1] : &words[0];
    const char *subject = *room->title ? room->title : w->subject;
    json_t *text = make_text(w, url);
    const char *body = json_string_value(text);
    json_t *mailto = make_mailto(subject, body ? body : "");

    return json_pack("{s:s, s:s, s:o?, s:o?, s:o?, s:s}", "locale", w->lang, "subject", subject,
                     "text", text, "html", make_html(w, url), "mailto", mailto, "location",
                     url);
}
