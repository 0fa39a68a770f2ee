/** Français. Tous les textes des pages ; `{name}` est remplacé. */
export default {
    language: 'fr',
    direction: 'ltr',

    // Page d’accueil
    'home.title': 'salon – se réunir dans le navigateur',
    'home.lead': 'Se réunir face à face, dans le navigateur.',
    'home.what':
        'Ouvrez le lien d’un salon, tapez votre nom et démarrez. Rien à installer, pas de compte, et l’appel reste sur le serveur de votre organisation.',
    'home.how':
        'Les salons se créent là où vous travaillez : dans l’agenda, les discussions, les contacts. Ce serveur laisse entrer qui a le lien.',
    'home.dev': 'Ce serveur est en mode développement.',
    'home.make': 'Créer un salon',
    'home.failed': 'Le salon n’a pas pu être créé. Réessayez.',

    // Avant l’appel
    'before.title': 'Prêt à rejoindre ?',
    'before.name': 'Votre nom',
    'before.nameHint': 'Les autres voient ce nom.',
    'before.nameMissing': 'Tapez d’abord votre nom.',
    'before.start': 'Démarrer',
    'before.starting': 'Connexion…',
    'before.preview': 'Votre caméra est éteinte',
    'before.privacy': 'Rien n’est envoyé avant que vous démarriez.',
    'before.without': 'Vous pouvez entrer sans micro ni caméra.',

    // Appareils
    'mic.on': 'Activer le micro',
    'mic.off': 'Couper le micro',
    'camera.on': 'Activer la caméra',
    'camera.off': 'Couper la caméra',
    'mic.denied':
        'Cette page n’a pas le droit d’utiliser votre micro. Autorisez-le par l’icône à côté de l’adresse, puis réessayez.',
    'mic.none': 'Aucun micro n’a été trouvé. Vous pouvez entrer et écouter sans micro.',
    'mic.busy': 'Un autre programme utilise le micro. Fermez-le, puis réessayez.',
    'mic.system':
        'Votre système bloque le micro pour ce navigateur. Autorisez-le dans les réglages de confidentialité.',
    'mic.unsupported': 'Ce navigateur ne donne pas accès au micro ici.',
    'mic.failed': 'Le micro n’a pas pu démarrer.',
    'mic.ended': 'Le micro a été débranché.',
    'camera.denied':
        'Cette page n’a pas le droit d’utiliser votre caméra. Autorisez-la par l’icône à côté de l’adresse, puis réessayez.',
    'camera.none': 'Aucune caméra n’a été trouvée. Vous pouvez entrer sans caméra.',
    'camera.busy': 'Un autre programme utilise la caméra. Fermez-le, puis réessayez.',
    'camera.system':
        'Votre système bloque la caméra pour ce navigateur. Autorisez-la dans les réglages de confidentialité.',
    'camera.unsupported': 'Ce navigateur ne donne pas accès à la caméra ici.',
    'camera.failed': 'La caméra n’a pas pu démarrer.',
    'camera.ended': 'La caméra a été débranchée.',
    'share.on': 'Partager votre écran',
    'share.off': 'Arrêter le partage d’écran',
    'share.failed': 'L’écran n’a pas pu être partagé.',
    'publish.failed': 'Le serveur n’a pas pu l’accepter. Les autres ne le reçoivent pas.',

    // Pendant l’appel ; les mots courts sont sous les boutons
    'bar.label': 'Commandes de l’appel',
    'bar.mic': 'Micro',
    'bar.camera': 'Caméra',
    'bar.share': 'Partager',
    'bar.people': 'Présents',
    'bar.chat': 'Discussion',
    'bar.leave': 'Quitter',
    'call.people': 'Afficher les présents',
    'call.chat': 'Afficher la discussion',
    'call.leave': 'Quitter le salon',
    'call.stage': 'Participants',
    'call.you': '{name} (vous)',
    'call.screenOf': 'Écran de {name}',
    'call.yourScreen': 'Vous partagez votre écran',
    'call.muted': 'micro coupé',
    'call.away': 'connexion perdue',
    'call.more': 'et {count} de plus',
    'call.alone': 'Il n’y a que vous ici',
    'call.invite': 'Envoyez le lien de cette page aux personnes que vous voulez rencontrer.',
    'call.copy': 'Copier le lien',
    'call.copied': 'Lien copié',
    'call.sound': 'Activer le son',
    'call.close': 'Fermer',

    // Volets
    'people.title': 'Présents ({count})',
    'people.host': 'hôte',
    'people.hand': 'main levée',
    'chat.title': 'Discussion',
    'chat.empty': 'Aucun message pour l’instant.',
    'chat.placeholder': 'Écrire un message',
    'chat.label': 'Message à tous',
    'chat.send': 'Envoyer',
    'chat.unread': '{count} non lus',
    'chat.private': 'à vous seul',
    'chat.rate_limited': 'Trop de messages à la fois. Attendez un instant.',
    'chat.failed': 'Le message n’a pas pu être envoyé.',

    // État
    'state.reconnecting': 'La connexion est perdue. Reconnexion…',
    'state.media-lost': 'Le son et l’image sont interrompus. Reconnexion…',
    'state.back': 'De nouveau connecté.',

    // Après
    'after.left': 'Vous avez quitté le salon',
    'after.leftText': 'Vous pouvez revenir à tout moment avec le même lien.',
    'after.rejoin': 'Revenir',
    'after.retry': 'Réessayer',
    'after.removed': 'Vous ne faites plus partie du salon',
    'after.removedText': 'L’hôte a mis fin à votre participation.',
    'after.room_closed': 'Ce salon est fermé',
    'after.room_closedText':
        'L’appel est terminé. Demandez un nouveau lien à l’organisateur si besoin.',
    'after.resumed_elsewhere': 'L’appel continue ailleurs',
    'after.resumed_elsewhereText':
        'Il a été repris dans un autre onglet ou sur un autre appareil.',
    'after.unknown_link': 'Ce lien ne mène nulle part',
    'after.unknown_linkText': 'Vérifiez le lien, ou redemandez-le à l’organisateur.',
    'after.link_replaced': 'Ce lien a été remplacé par l’organisateur',
    'after.link_replacedText': 'Demandez-lui le nouveau.',
    'after.link_expired': 'Ce lien a expiré',
    'after.link_expiredText': 'Demandez-en un nouveau à l’organisateur.',
    'after.link_disabled': 'Les salles personnelles sont désactivées',
    'after.link_disabledText': 'L’organisation n’en propose pas pour le moment.',
    'after.room_full': 'Le salon est complet',
    'after.room_fullText': 'Réessayez quand quelqu’un sera parti.',
    'after.invalid_token': 'Votre lien personnel n’est plus valable',
    'after.invalid_tokenText':
        'Ouvrez de nouveau le salon depuis l’endroit où vous l’avez trouvé.',
    'after.rate_limited': 'Trop de tentatives',
    'after.rate_limitedText': 'Attendez une minute, puis réessayez.',
    'after.no_media_worker': 'Le serveur redémarre',
    'after.no_media_workerText': 'Réessayez dans un instant.',
    'after.unreachable': 'Le serveur est injoignable',
    'after.unreachableText': 'Vérifiez votre connexion, puis réessayez.',
    'after.invalid_field': 'Le serveur n’a pas accepté votre nom',
    'after.invalid_fieldText': 'Réessayez avec un autre.',
    'after.internal': 'Une erreur est survenue',
    'after.internalText':
        'Réessayez. Si cela se reproduit, prévenez la personne qui gère ce serveur.',
};
