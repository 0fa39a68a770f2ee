#include "bbb_xml.h"

#include "base/text.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64

struct bbb_xml {
    xmlBufferPtr buffer;
    xmlTextWriterPtr writer;
    bool failed; ///< without memory
};

struct bbb_xml *bbb_xml_open(bool success)
{
    struct bbb_xml *xml = calloc(1, sizeof *xml);

    if (!xml)
        return NULL;
    xml->buffer = xmlBufferCreate();
    xml->writer = xml->buffer ? xmlNewTextWriterMemory(xml->buffer, 0) : NULL;
    if (!xml->writer) {
        bbb_xml_free(xml);
        return NULL;
    }
    bbb_xml_begin(xml, "response");
    bbb_xml_text(xml, "returncode", success ? "SUCCESS" : "FAILED");
    return xml;
}

void bbb_xml_free(struct bbb_xml *xml)
{
    if (!xml)
        return;
    if (xml->writer)
        xmlFreeTextWriter(xml->writer);
    if (xml->buffer)
        xmlBufferFree(xml->buffer);
    free(xml);
}

void bbb_xml_begin(struct bbb_xml *xml, const char *name)
{
    if (xml && xmlTextWriterStartElement(xml->writer, BAD_CAST name) < 0)
        xml->failed = true;
}

void bbb_xml_end(struct bbb_xml *xml)
{
    if (xml && xmlTextWriterEndElement(xml->writer) < 0)
        xml->failed = true;
}

/** Bytes of the UTF-8 character at `s` if XML can hold it, else 0. */
static size_t xml_char(const char *s)
{
    const uint8_t c = (uint8_t)*s;
    const size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    if (n == 1)
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    if (strnlen(s, n) < n || !text_utf8_valid(s, n))
        return 0;
    // U+FFFE and U+FFFF.
    return memcmp(s, "\xef\xbf\xbe", 3) == 0 || memcmp(s, "\xef\xbf\xbf", 3) == 0 ? 0 : n;
}

void bbb_xml_clean(const char *from, char *out)
{
    while (*from) {
        const size_t n = xml_char(from);

        memcpy(out, from, n);
        out += n;
        from += n > 0 ? n : 1;
    }
    *out = '\0';
}

void bbb_xml_text(struct bbb_xml *xml, const char *name, const char *value)
{
    char *clean = xml ? malloc(strlen(value) + 1) : NULL;

    if (!clean) {
        if (xml)
            xml->failed = true;
        return;
    }
    bbb_xml_clean(value, clean);
    if (xmlTextWriterWriteElement(xml->writer, BAD_CAST name, BAD_CAST clean) < 0)
        xml->failed = true;
    free(clean);
}

void bbb_xml_int(struct bbb_xml *xml, const char *name, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, value);
    bbb_xml_text(xml, name, text);
}

void bbb_xml_bool(struct bbb_xml *xml, const char *name, bool value)
{
    bbb_xml_text(xml, name, value ? "true" : "false");
}

bool bbb_xml_name(const char *name)
{
    const size_t len = strlen(name);

    return len > 0 && len <= NAME_MAX_BYTES && strchr("-.0123456789", *name) == NULL &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
               len;
}

const char *bbb_xml_finish(struct bbb_xml *xml, size_t *len)
{
    if (!xml)
        return NULL;
    if (xmlTextWriterEndDocument(xml->writer) < 0 || xmlTextWriterFlush(xml->writer) < 0 ||
        xml->failed)
        return NULL;
    *len = (size_t)xmlBufferLength(xml->buffer);
    return (const char *)xmlBufferContent(xml->buffer);
}

void bbb_xml_reply(struct http_req *req, struct bbb_xml *xml)
{
    size_t len = 0;
    const char *text = bbb_xml_finish(xml, &len);

    http_set(req, "Cache-Control", "no-store");
    if (text)
        http_reply(req, 200, "text/xml; charset=utf-8", text, len);
    else
        http_problem_later(req, PROBLEM_CAPACITY, NULL, 5);
    bbb_xml_free(xml);
}
