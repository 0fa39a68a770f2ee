/** BigBlueButton's answers: XML, written by libxml2. */
#ifndef API_BBB_XML_H
#define API_BBB_XML_H

#include "http/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bbb_xml; ///< an answer in the making; all of its functions take NULL: no memory

/** Begins <response> with its return code. */
struct bbb_xml *bbb_xml_open(bool success);
void bbb_xml_free(struct bbb_xml *xml);

/** An element within. `name` is an XML name. Bytes of `value` that XML cannot hold are left
 * out. */
void bbb_xml_text(struct bbb_xml *xml, const char *name, const char *value);
void bbb_xml_int(struct bbb_xml *xml, const char *name, int64_t value);
void bbb_xml_bool(struct bbb_xml *xml, const char *name, bool value);
void bbb_xml_begin(struct bbb_xml *xml, const char *name);
void bbb_xml_end(struct bbb_xml *xml);

/** Ends the document and gives its text, which lives as long as `xml`; NULL without memory. */
const char *bbb_xml_finish(struct bbb_xml *xml, size_t *len);

/** Answers the request with it and frees it. */
void bbb_xml_reply(struct http_req *req, struct bbb_xml *xml);

/** True for a name that an element made of a parameter's may have: letters, digits, -._ */
bool bbb_xml_name(const char *name);

/**
 * Copies `from` without what is no character of XML 1.0 (section 2.2) or no UTF-8. `out` holds
 * strlen(from) + 1 bytes. Pure.
 */
void bbb_xml_clean(const char *from, char *out);

#endif
