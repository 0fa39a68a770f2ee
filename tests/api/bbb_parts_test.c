/** The checksum and the XML of the BigBlueButton layer, and the UUIDs of La Suite's. */
#include "bbb_checksum.h"
#include "bbb_xml.h"
#include "lasuite.h"

#include "base/rand.h"

#include <libxml/parser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// docs.bigbluebutton.org, "API Security Model": the example; the other hashes by hashlib.
#define SECRET "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
#define QUERY  "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444"
#define SHA1   "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"

static bool good(const char *call, const char *rest, const char *given)
{
    return bbb_checksum_good(call, rest, strlen(rest), SECRET, given);
}

static void the_published_checksum_is_right(void **state)
{
    (void)state;
    assert_true(good("create", QUERY, SHA1));
    assert_true(good("create", QUERY,
                     "da9185f7f333cfdfcd6eeac32dca3777510c4c436020d8b887ba5515bd1d189e"));
    assert_true(good("create", QUERY,
                     "891ac633df39d0a1b4f8d597f3e190833216c4b29c4fb51ea3ca72757eeb958d6e7b49a84"
                     "5cf29f5c6019c7d29d029d1"));
    assert_true(good("create", QUERY,
                     "de73ad61d11a5c801b68d4bd6ec5248546085cefb0b25c85f3c46249ea93a3a4b120f92c0"
                     "a8a58d7512cb77821884951a3b01245f3435dbbef49fff3cc3988b4"));
}

static void a_checksum_covers_call_query_and_secret(void **state)
{
    (void)state;
    assert_false(good("Create", QUERY, SHA1));
    assert_false(good("join", QUERY, SHA1));
    assert_false(good("create", QUERY "&", SHA1));
    assert_false(bbb_checksum_good("create", QUERY, strlen(QUERY), "other", SHA1));
    assert_false(good("create", QUERY, ""));
    assert_false(good("create", QUERY, "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f1"));
    assert_false(good("create", QUERY, "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f18"));
}

static void check_split(const char *text, const char *rest, const char *given, unsigned count)
{
    struct bbb_signed s;

    assert_true(bbb_split(text, strlen(text), &s));
    assert_string_equal(s.rest, rest);
    assert_int_equal(s.len, strlen(rest));
    assert_string_equal(s.given, given);
    assert_int_equal(s.count, count);
    bbb_split_free(&s);
}

static void the_checksum_is_cut_out_wherever_it_stands(void **state)
{
    (void)state;
    check_split("a=1&b=2&checksum=" SHA1, "a=1&b=2", SHA1, 1);
    check_split("checksum=" SHA1 "&a=1&b=2", "a=1&b=2", SHA1, 1);
    check_split("a=1&checksum=" SHA1 "&b=2", "a=1&b=2", SHA1, 1);
    check_split("checksum=ABCDEF", "", "abcdef", 1);
    check_split("", "", "", 0);
    check_split("a=1&Checksum=ab&xchecksum=ab&%63hecksum=ab&checksum",
                "a=1&Checksum=ab&xchecksum=ab&%63hecksum=ab&checksum", "", 0);
    check_split("checksum=ab&checksum=cd&a", "a", "cd", 2);
    check_split("checksum=xyz", "", "", 1);
}

/** What a reader of our XML finds as the text of the element <x>. */
static xmlChar *write_and_read(const char *value)
{
    struct bbb_xml *xml = bbb_xml_open(true);
    size_t len = 0;
    const char *text;
    xmlDocPtr doc;
    xmlChar *found;

    bbb_xml_text(xml, "x", value);
    text = bbb_xml_finish(xml, &len);
    assert_non_null(text);
    doc = xmlReadMemory(text, (int)len, "a", NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    found = xmlNodeGetContent(xmlDocGetRootElement(doc)->last);
    xmlFreeDoc(doc);
    bbb_xml_free(xml);
    return found;
}

static void whatever_is_written_is_read_back_but_for_what_xml_cannot_hold(void **state)
{
    static const char *const some[] = {"<",
                                       ">",
                                       "&",
                                       "\"",
                                       "'",
                                       "]]>",
                                       "<!--",
                                       "é",
                                       "\xff",
                                       "\xf0\x9f\x98\x80",
                                       "\xef\xbf\xbe",
                                       "\x01",
                                       "\x1f",
                                       "\r",
                                       "\n",
                                       "\t",
                                       "\x7f",
                                       " ",
                                       "&amp;",
                                       "<?x",
                                       "\xed\xa0\x80"};
    char text[400], clean[400];

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        xmlChar *found;

        text[0] = '\0';
        for (unsigned n = rand_u32() % 20; n > 0; n--)
            (void)strcat(text, some[rand_u32() % (sizeof some / sizeof *some)]);
        bbb_xml_clean(text, clean);
        found = write_and_read(text);
        assert_string_equal((const char *)found, clean);
        xmlFree(found);
    }
    bbb_xml_clean("a\x01\xff<b\xc3\xa9", clean);
    assert_string_equal(clean, "a<bé");
}

static void names_of_elements_are_plain(void **state)
{
    (void)state;
    assert_true(bbb_xml_name("bbb-origin-server.name_1"));
    assert_false(bbb_xml_name(""));
    assert_false(bbb_xml_name("1a"));
    assert_false(bbb_xml_name("-a"));
    assert_false(bbb_xml_name("a b"));
    assert_false(bbb_xml_name("a>"));
    assert_false(bbb_xml_name("é"));
}

static void a_room_has_one_uuid_and_it_leads_back(void **state)
{
    char id[LINKS_ID_SIZE], uuid[LASUITE_UUID_SIZE], back[LINKS_ID_SIZE];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        rand_id(id, sizeof id, "rm_", 20);
        assert_true(lasuite_uuid(id, uuid));
        assert_int_equal(uuid[14], '4');
        assert_non_null(strchr("89ab", uuid[19]));
        assert_true(lasuite_room_id(uuid, back));
        assert_string_equal(back, id);
        uuid[35] = uuid[35] == '0' ? '1' : '0';
        assert_false(lasuite_room_id(uuid, back));
    }
    assert_true(lasuite_uuid("rm_00000000000000000000", uuid));
    assert_false(lasuite_uuid("rm_0000000000000000000", uuid));
    assert_false(lasuite_uuid("rm_0000000000000000000u", uuid));
    assert_false(lasuite_room_id("", back));
    assert_false(lasuite_room_id("7c9e6679-7425-40de-944b-e07fc1f90ae7", back));
    assert_false(lasuite_room_id("7c9e6679x7425-40de-944b-e07fc1f90ae7", back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_checksum_is_right),
        cmocka_unit_test(a_checksum_covers_call_query_and_secret),
        cmocka_unit_test(the_checksum_is_cut_out_wherever_it_stands),
        cmocka_unit_test(whatever_is_written_is_read_back_but_for_what_xml_cannot_hold),
        cmocka_unit_test(names_of_elements_are_plain),
        cmocka_unit_test(a_room_has_one_uuid_and_it_leads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
