/* A sentence for each reason of `error`, in the two languages of salon. */
#include "session.h"

#include <string.h>

static const struct {
    const char *reason, *english, *french;
} texts[] = {
    {"invalid_message", "The message is not one JSON object in a text frame, or is too long.",
     "Le message n'est pas un objet JSON dans une trame de texte, ou il est trop long."},
    {"unknown_type", "There is no request of this type.",
     "Il n'existe pas de requête de ce type."},
    {"invalid_field", "The field has a wrong type or value.",
     "Le champ est d'un type ou d'une valeur incorrects."},
    {"missing_field", "The field is required.", "Le champ est obligatoire."},
    {"too_large", "The field is too long.", "Le champ est trop long."},
    {"not_joined", "Join a room first.", "Rejoignez d'abord une salle."},
    {"already_joined", "This socket has joined a room already.",
     "Cette connexion a déjà rejoint une salle."},
    {"unknown_link", "This link leads to no room.", "Ce lien ne mène à aucune salle."},
    {"room_closed", "This room is closed.", "Cette salle est fermée."},
    {"link_replaced", "This link was replaced by the organiser.",
     "Ce lien a été remplacé par l'organisateur."},
    {"link_expired", "This link has expired.", "Ce lien a expiré."},
    {"link_disabled", "Personal rooms are switched off.",
     "Les salles personnelles sont désactivées."},
    {"room_full", "The room is full.", "La salle est pleine."},
    {"invalid_token", "The room does not admit you with this token or link.",
     "La salle ne vous admet pas avec ce jeton ou ce lien."},
    {"unknown_session", "This session is over: join anew.",
     "Cette session est terminée : rejoignez la salle à nouveau."},
    {"offer_pending", "The offer before is not answered yet.",
     "L'offre précédente n'a pas encore reçu de réponse."},
    {"invalid_sdp", "The offer is not valid SDP.", "L'offre n'est pas du SDP valide."},
    {"no_common_codec", "The offer has no codec that we know.",
     "L'offre ne contient aucun codec connu."},
    {"no_fingerprint", "The offer has no DTLS fingerprint.",
     "L'offre n'a pas d'empreinte DTLS."},
    {"no_bundle", "The m-lines of the offer are not in one BUNDLE group.",
     "Les lignes m= de l'offre ne forment pas un seul groupe BUNDLE."},
    {"no_ice", "The offer has no ICE user fragment or password.",
     "L'offre n'a pas d'identifiants ICE."},
    {"no_rtcp_mux", "The offer does not multiplex RTCP.", "L'offre ne multiplexe pas RTCP."},
    {"no_media", "The offer has no audio or video that we know.",
     "L'offre ne contient ni audio ni vidéo connus."},
    {"wrong_direction", "The offer sends nothing here, or asks for nothing.",
     "L'offre n'envoie rien ici, ou ne demande rien."},
    {"too_many_mlines", "The offer has too many m-lines.", "L'offre a trop de lignes m=."},
    {"capacity", "The server has no room for this.", "Le serveur n'a pas la capacité requise."},
    {"unknown_participant", "This participant is not in the room.",
     "Ce participant n'est pas dans la salle."},
    {"unknown_source", "There is no such source.", "Cette source n'existe pas."},
    {"rate_limited", "Too often; try again later.", "Trop souvent ; réessayez plus tard."},
    {"no_media_worker", "The media server is restarting; try again in a moment.",
     "Le serveur multimédia redémarre ; réessayez dans un instant."},
    {"internal", "Something went wrong on the server.", "Une erreur s'est produite."},
};

const char *reason_text(const char *reason, bool french)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(texts[i].reason, reason) == 0)
            return french ? texts[i].french : texts[i].english;
    }
    return "";
}
