#include "sample.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_same_mline(const struct agree_mline *a, const struct agree_mline *b)
{
    assert_string_equal(a->mid, b->mid);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->active, b->active);
    assert_int_equal(a->client_sends, b->client_sends);
    assert_int_equal(a->client_receives, b->client_receives);
    assert_int_equal(a->source, b->source);
    assert_int_equal(a->content, b->content);
    assert_int_equal(a->role, b->role);
    assert_memory_equal(a->ext, b->ext, sizeof a->ext);
    assert_int_equal(a->slot_ssrc, b->slot_ssrc);
    assert_int_equal(a->slot_rtx_ssrc, b->slot_rtx_ssrc);
    assert_int_equal(a->slot_pair, b->slot_pair);
    assert_int_equal(a->codec_count, b->codec_count);
    const struct agree_codec *c = a->codec;
    const struct agree_codec *d = b->codec;
    for (unsigned i = 0; i < a->codec_count; i++, c++, d++) {
        assert_int_equal(c->codec, d->codec);
        assert_int_equal(c->pt, d->pt);
        assert_int_equal(c->rtx_pt, d->rtx_pt);
        assert_int_equal(c->red_pt, d->red_pt);
        assert_int_equal(c->profile, d->profile);
        assert_int_equal(c->packetization, d->packetization);
        assert_true(c->nack == d->nack && c->pli == d->pli && c->fir == d->fir);
        assert_true(c->twcc == d->twcc && c->remb == d->remb);
    }
    assert_int_equal(a->encoding_count, b->encoding_count);
    const struct agree_encoding *e = a->encoding;
    const struct agree_encoding *f = b->encoding;
    for (unsigned i = 0; i < a->encoding_count; i++, e++, f++) {
        assert_string_equal(e->rid, f->rid);
        assert_int_equal(e->ssrc, f->ssrc);
        assert_int_equal(e->rtx_ssrc, f->rtx_ssrc);
        assert_int_equal(e->max_width, f->max_width);
        assert_int_equal(e->max_height, f->max_height);
    }
    assert_int_equal(a->data.port, b->data.port);
    assert_int_equal(a->data.max_message, b->data.max_message);
    assert_int_equal(a->data.may_send, b->data.may_send);
}

static void an_agreement_survives_json(void **state)
{
    (void)state;
    struct agreement a = sample_agreement();
    struct agreement b;
    const char *where = NULL;
    json_t *json = agreement_to_json(&a);
    assert_non_null(json);
    assert_int_equal(agreement_from_json(json, &b, &where), 0);
    assert_int_equal(a.generation, b.generation);
    assert_int_equal(a.answers, b.answers);
    assert_string_equal(a.local_ufrag, b.local_ufrag);
    assert_string_equal(a.local_pwd, b.local_pwd);
    assert_string_equal(a.remote_ufrag, b.remote_ufrag);
    assert_string_equal(a.remote_pwd, b.remote_pwd);
    assert_string_equal(a.fingerprint_hash, b.fingerprint_hash);
    assert_memory_equal(a.fingerprint, b.fingerprint, sizeof a.fingerprint);
    assert_int_equal(a.fingerprint_len, b.fingerprint_len);
    assert_int_equal(a.dtls_role, b.dtls_role);
    assert_string_equal(a.cname, b.cname);
    assert_int_equal(a.mline_count, b.mline_count);
    for (unsigned i = 0; i < a.mline_count; i++)
        assert_same_mline(&a.mline[i], &b.mline[i]);
    json_decref(json);
    agreement_fini(&a);
    agreement_fini(&b);
}

static void a_zeroed_agreement_survives_json(void **state)
{
    (void)state;
    struct agreement a = {0};
    struct agreement b;
    const char *where = NULL;
    json_t *json = agreement_to_json(&a);
    assert_int_equal(agreement_from_json(json, &b, &where), 0);
    assert_int_equal(b.mline_count, 0);
    assert_null(b.mline);
    assert_string_equal(b.local_ufrag, "");
    json_decref(json);
    agreement_fini(&b);
}

static void an_mline_is_found_by_its_mid(void **state)
{
    (void)state;
    struct agreement a = sample_agreement();
    assert_ptr_equal(agreement_mline(&a, "1"), &a.mline[1]);
    assert_null(agreement_mline(&a, "2"));
    agreement_fini(&a);
}

/** Sets `key` of the object at `path` (NULL: the root) to `value` and expects that to be named.
 */
static void refuse(json_t *root, json_t *object, const char *key, json_t *value,
                   const char *named)
{
    struct agreement out;
    const char *where = NULL;
    json_t *old = json_incref(json_object_get(object, key));
    assert_int_equal(json_object_set_new(object, key, value), 0);
    assert_int_equal(agreement_from_json(root, &out, &where), -EINVAL);
    assert_string_equal(where, named);
    assert_null(out.mline);
    assert_int_equal(out.generation, 0);
    assert_int_equal(json_object_set_new(object, key, old), 0);
}

static void a_wrong_field_is_named(void **state)
{
    (void)state;
    struct agreement a = sample_agreement();
    json_t *root = agreement_to_json(&a);
    json_t *mline = json_array_get(json_object_get(root, "mlines"), 0);
    json_t *codec = json_array_get(json_object_get(mline, "codecs"), 0);
    json_t *encoding = json_array_get(json_object_get(mline, "encodings"), 0);
    json_t *ext = json_object_get(mline, "ext");
    refuse(root, root, "generation", json_integer(-1), "generation");
    refuse(root, root, "generation", json_integer(0x100000000), "generation");
    refuse(root, root, "answers", json_string("1"), "answers");
    refuse(root, root, "local_ufrag", json_string("a b"), "local_ufrag");
    refuse(root, root, "remote_pwd", json_null(), "remote_pwd");
    refuse(root, root, "fingerprint", json_string("f90"), "fingerprint");
    refuse(root, root, "fingerprint", json_string("xy"), "fingerprint");
    refuse(root, root, "dtls_role", json_string("both"), "dtls_role");
    refuse(root, root, "mlines", json_object(), "mlines");
    refuse(root, mline, "mid", json_string("a\r\nb"), "mid");
    refuse(root, mline, "mid", json_string("012345678901234567890123456789012"), "mid");
    refuse(root, mline, "kind", json_string("text"), "kind");
    refuse(root, mline, "source", json_string("microphone"), "source");
    refuse(root, mline, "content", json_string("art"), "content");
    refuse(root, mline, "role", json_string("other"), "role");
    refuse(root, mline, "active", json_integer(1), "active");
    refuse(root, mline, "slot_ssrc", json_integer(-1), "slot_ssrc");
    refuse(root, codec, "codec", json_string("h265"), "codec");
    refuse(root, codec, "pt", json_integer(128), "pt");
    refuse(root, codec, "rtx_pt", json_integer(-2), "rtx_pt");
    refuse(root, codec, "red_pt", json_integer(128), "red_pt");
    refuse(root, encoding, "rid", json_string("way.too"), "rid");
    refuse(root, encoding, "max_width", json_integer(65536), "max_width");
    refuse(root, ext, "twcc", json_integer(0), "ext");
    json_decref(root);
    agreement_fini(&a);
}

static void arrays_beyond_their_bounds_are_refused(void **state)
{
    (void)state;
    struct agreement a = sample_agreement();
    json_t *root = agreement_to_json(&a);
    json_t *mlines = json_object_get(root, "mlines");
    json_t *mline = json_array_get(mlines, 0);
    json_t *codecs = json_object_get(mline, "codecs");
    struct agreement out;
    const char *where = NULL;
    while (json_array_size(codecs) <= AGREE_MAX_CODECS)
        assert_int_equal(json_array_append(codecs, json_array_get(codecs, 0)), 0);
    assert_int_equal(agreement_from_json(root, &out, &where), -EINVAL);
    assert_string_equal(where, "codecs");
    assert_int_equal(json_array_remove(codecs, 0), 0);
    while (json_array_size(mlines) <= AGREE_MAX_MLINES)
        assert_int_equal(json_array_append(mlines, mline), 0);
    assert_int_equal(agreement_from_json(root, &out, &where), -EINVAL);
    assert_string_equal(where, "mlines");
    json_decref(root);
    agreement_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agreement_survives_json),
        cmocka_unit_test(a_zeroed_agreement_survives_json),
        cmocka_unit_test(an_mline_is_found_by_its_mid),
        cmocka_unit_test(a_wrong_field_is_named),
        cmocka_unit_test(arrays_beyond_their_bounds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
