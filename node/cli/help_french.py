"""The help in French, by its English text (paragraphs without line breaks)."""

from typing import Final

FRENCH: Final = {
    "Schemas, the forms of data: shown, exported, compared, added.": (
        "Les schémas, formes des données : montrer, exporter, comparer, ajouter."
    ),
    "A Table Schema document with its maillage object.": (
        "Un document Table Schema avec son objet maillage."
    ),
    "In whose name it is brought to exchange points; not needed if the node has one.": (
        "Au nom de qui il est apporté aux points d’échange ; inutile si le nœud n’en héberge qu’un."
    ),
    "Add a schema of one's own: from then on files are checked and published by its name.\n\nIt "
    "travels with the data. A name that the program has is refused; so is a new version that "
    "doesn't keep what it claims of the one before.": (
        "Ajouter un schéma à soi : dès lors, des fichiers sont contrôlés et publiés sous son "
        "nom.\n\nIl voyage avec les données. Un nom que le programme a déjà est refusé ; de même "
        "une nouvelle version qui ne tient pas ce qu’elle annonce de la précédente."
    ),
    "A file, a name, or a version such as projets@1.0.0.": (
        "Un fichier, un nom, ou une version comme projets@1.0.0."
    ),
    "Likewise: the version after.": "De même : la version d’après.",
    "Compare two versions of a schema: each change, and whether rows of the old stay good.\n\n"
    "Exit status 1 when the newer doesn't keep what it claims (compatible: backward or none).": (
        "Comparer deux versions d’un schéma : chaque changement, et si les lignes de l’ancienne "
        "restent bonnes.\n\nCode de sortie 1 quand la nouvelle ne tient pas ce qu’elle annonce "
        "(compatible : backward ou none)."
    ),
    "A node's data directory: the schemas that were added there, too.": (
        "Le répertoire de données d’un nœud : aussi les schémas qui y ont été ajoutés."
    ),
    "Only those that serve this commitment of the smart-village manifesto.": (
        "Seulement ceux qui servent cet engagement du manifeste des villages intelligents."
    ),
    "Only those of this domain: traffic, air, waste, safety, energy, utilities.": (
        "Seulement ceux de ce domaine : traffic, air, waste, safety, energy, utilities."
    ),
    "List the schemas: those that come with the program, and those added to a node.\n\nEach with "
    "the commitments and domains that it serves, and whether it must be published.": (
        "Lister les schémas : ceux du programme, et ceux ajoutés à un nœud.\n\nChacun avec les "
        "engagements et les domaines qu’il sert, et s’il doit être publié."
    ),
    "table-schema: the document; json-schema: of one row; markdown: a page; csv, xlsx: a file to "
    "fill in.": (
        "table-schema : le document ; json-schema : d’une ligne ; markdown : une page ; csv, "
        "xlsx : un fichier à remplir."
    ),
    "Of labels and explanations; the screen's unless said.": (
        "Celle des libellés et des explications ; celle de l’écran sauf indication."
    ),
    "File to write; - for output. Named after the schema unless said.": (
        "Fichier à écrire ; - pour la sortie. Il porte le nom du schéma sauf indication."
    ),
    "Write a schema in a form that others use: to check rows, to read about, to fill in.": (
        "Écrire un schéma sous une forme que d’autres emploient : pour contrôler des lignes, "
        "pour lire ce qu’il dit, pour le remplir."
    ),
    "Write the report to this file: a page that needs nothing else, JSON, or text.": (
        "Écrire le rapport dans ce fichier : une page qui se suffit, du JSON ou du texte."
    ),
    "Which column of the file is which of the schema; maillage map proposes one.": (
        "Quelle colonne du fichier est laquelle du schéma ; maillage map en propose une."
    ),
    "Where the mapping is written, to be edited; it names what is to be confirmed.": (
        "Où la correspondance est écrite, pour être corrigée ; elle nomme ce qui est à confirmer."
    ),
    "Remember the mapping for this body's dataset, if nothing is missing or to be confirmed.": (
        "Retenir la correspondance pour le jeu de données de cet organisme, si rien ne manque ni "
        "n’est à confirmer."
    ),
    "Propose which column of a file is which column of a schema: how sure, why, with examples.\n\n"
    "Guesses are to be confirmed before a mapping is used. Exit status 1 when something is, or "
    "a required column is missing.": (
        "Proposer quelle colonne d’un fichier est quelle colonne d’un schéma : avec quelle sûreté, "
        "pourquoi, et des exemples.\n\nLes suppositions sont à confirmer avant d’employer une "
        "correspondance. Code de sortie 1 s’il y en a, ou s’il manque une "
        "colonne obligatoire."
    ),
    "Say who may ask this node over HTTP: tokens added, listed, removed.": (
        "Dire qui peut interroger ce nœud en HTTP : jetons ajoutés, listés, retirés."
    ),
    "read: all that the node may show inside; publish: take in files, and read; devices: hand in "
    "sensor readings, nothing else.": (
        "read : tout ce que le nœud montre en interne ; publish : déposer des fichiers, et lire ; "
        "devices : remettre des mesures de capteurs, rien d’autre."
    ),
    "For whom or what it is; for people.": "Pour qui ou pour quoi ; à l’usage des personnes.",
    "Its last day; without one it counts until removed.": (
        "Son dernier jour ; sans date, il vaut jusqu’à son retrait."
    ),
    "With publish: only in this body's name; can be given again.": (
        "Avec publish : seulement au nom de cet organisme ; se répète."
    ),
    "Make a token and show it: this once, as only its hash is kept.\n\n"
    "A running node takes it from the next request on.": (
        "Créer un jeton et le montrer : une seule fois, car seule son empreinte est gardée.\n\n"
        "Un nœud en service l’accepte dès la requête suivante."
    ),
    "List the tokens: what each allows, and until when. The tokens themselves aren't kept.": (
        "Lister les jetons : ce que chacun permet, et jusqu’à quand. Les jetons eux-mêmes ne sont "
        "pas gardés."
    ),
    "Its id, or its name if no other has it.": "Son id, ou son nom s’il est le seul à le porter.",
    "Take a token away; a running node refuses it from the next request on.": (
        "Retirer un jeton ; un nœud en service le refuse dès la requête suivante."
    ),
    "Examine a node and the way to its hubs: names what is wrong or blocked, with a remedy each."
    "\n\nExit status 0: all right; 1: something is wrong; 3: something can't be reached.": (
        "Examiner un nœud et le chemin vers ses points d’échange : nomme ce qui est faux ou "
        "bloqué, avec le remède.\n\nCode de sortie 0 : tout va bien ; 1 : quelque chose est à "
        "corriger ; 3 : quelque chose est injoignable."
    ),
    "Only the way to this hub, instead of those set.": (
        "Seulement le chemin vers ce point d’échange, au lieu de ceux qui sont réglés."
    ),
    "Port of a second listener for WebSocket (wss), for nodes behind an HTTP proxy: 443 in "
    "earnest, 0 for any free one.": (
        "Port d’une seconde écoute en WebSocket (wss), pour les nœuds derrière un proxy HTTP : "
        "443 en service, 0 pour un port libre quelconque."
    ),
    "Its address; that of --host unless said.": "Son adresse ; celle de --host sauf indication.",
    "A reverse proxy before the WebSocket listener ends TLS; it listens without.": (
        "Un serveur mandataire devant l’écoute WebSocket termine TLS ; elle écoute sans."
    ),
    "Share a commune's data: signed, checked, added up by those it chose to share with.\n\n"
    "Exit status: 0 done; 1 the data or a signature is bad; 2 wrong use; 3 can't reach what is "
    "needed; 70 a fault of the program.": (
        "Partager les données d’une commune : signées, contrôlées, additionnées par ceux avec qui "
        "elle a choisi de partager.\n\nCode de sortie : 0 fait ; 1 données ou signature "
        "mauvaises ; 2 usage incorrect ; 3 injoignable ; 70 défaut du programme."
    ),
    "Language of the screen: fr (unless said) or en. May stand anywhere.": (
        "Langue de l’écran : fr (sauf indication) ou en. Se place n’importe où."
    ),
    "Show the version.": "Montrer la version.",
    "Make a node's data directory with keys and identities; can be run again to add bodies.\n\n"
    "The recovery keys must be moved off the machine; the enrolment file goes to the hub's "
    "operator.": (
        "Créer le répertoire d’un nœud avec clés et identités ; se relance pour ajouter des "
        "organismes.\n\nLes clés de secours doivent quitter la machine ; le fichier d’inscription "
        "va à l’opérateur du point d’échange."
    ),
    "Directory to make; it can be there already.": "Répertoire à créer ; il peut déjà exister.",
    "A body to host; can be given again.": "Organisme à héberger ; peut être répété.",
    "Host all communes of this EPCI, its operator.": (
        "Héberger toutes les communes de cet EPCI, qui en est l’opérateur."
    ),
    "Host those listed: columns participant and, if wanted, name.": (
        "Héberger ceux de la liste : colonnes participant et, au besoin, name."
    ),
    "Who operates this machine; each body itself unless said.": (
        "Qui exploite cette machine ; chaque organisme lui-même sauf indication."
    ),
    "Answer in JSON, whose form is kept.": "Répondre en JSON, de forme stable.",
    "Check a file against a schema; nothing is stored or sent.\n\nThe report names line, column, "
    "value, rule and remedy. Exit status 1 when the file isn't valid.": (
        "Contrôler un fichier selon un schéma ; rien n’est enregistré ni envoyé.\n\nLe rapport "
        "donne ligne, colonne, valeur, règle et remède. Code de sortie 1 si le fichier n’est pas "
        "valide."
    ),
    "CSV, XLSX, ODS, JSON, GeoJSON or Parquet; docs/formats.md says what is taken.": (
        "CSV, XLSX, ODS, JSON, GeoJSON ou Parquet ; docs/fr/fichiers.md dit ce qui est pris."
    ),
    "Name of the schema; maillage schema list shows them.": (
        "Nom du schéma ; maillage schema list les montre."
    ),
    "Check a file, and store it for signing and sending; a running node sends it.\n\nNothing is "
    "stored unless the whole file is valid.": (
        "Contrôler un fichier et l’enregistrer pour signature et envoi ; un nœud en service "
        "l’envoie.\n\nRien n’est enregistré si le fichier n’est pas entièrement valide."
    ),
    "In whose name it is published.": "Au nom de qui publier.",
    "The node's data directory.": "Répertoire de données du nœud.",
    "Tells several datasets under one schema apart.": (
        "Distingue plusieurs jeux de données d’un même schéma."
    ),
    "Where the data come from; the schema says it otherwise.": (
        "D’où viennent les données ; le schéma le dit sinon."
    ),
    "Put the node into service: it sends, receives, composes and answers, until stopped.\n\n"
    "SIGTERM or Ctrl-C ends it in order. Settings: MAILLAGE_* and DIR/maillage.toml.": (
        "Mettre le nœud en service : il envoie, reçoit, compose et répond, jusqu’à l’arrêt.\n\n"
        "SIGTERM ou Ctrl-C l’arrête proprement. Réglages : MAILLAGE_* et DIR/maillage.toml."
    ),
    "Ask the node or exchange point in service on a directory whether it answers.\n\nExit status "
    "3 when it doesn't.": (
        "Demander au nœud ou au point d’échange en service sur un répertoire s’il répond.\n\nCode "
        "de sortie 3 s’il ne répond pas."
    ),
    "Show how the node stands: what waits, what was confirmed, refused, received, and why.": (
        "Montrer l’état du nœud : ce qui attend, est confirmé, refusé, reçu, et pourquoi."
    ),
    "Write a dataset to a file: its rows, or the signed publications as a .mlg bundle.": (
        "Écrire un jeu de données dans un fichier : ses lignes, ou les publications signées (.mlg)."
    ),
    "For example fr-com-12011/comptage-mobilites.": (
        "Par exemple fr-com-12011/comptage-mobilites."
    ),
    "File to write; - for output.": "Fichier à écrire ; - pour la sortie standard.",
    "Form of the file.": "Format du fichier.",
    "Check the table of sensors (devices.csv), and show how they stand.": (
        "Contrôler la table des capteurs (devices.csv) et montrer leur état."
    ),
    "Check devices.csv of a data directory, line by line.\n\nExit status 1 when something in it "
    "is wrong.": (
        "Contrôler devices.csv d’un répertoire, ligne par ligne.\n\nCode de sortie 1 si quelque "
        "chose y est faux."
    ),
    "Show every sensor: its dataset, its last reading, and what was refused of it.": (
        "Montrer chaque capteur : son jeu de données, sa dernière mesure et ce qui a été refusé."
    ),
    "Show a territory's figures as they stand, and whose they are.": (
        "Montrer les chiffres d’un territoire tels qu’ils sont, et de qui ils viennent."
    ),
    "fr-com-…, fr-epci-…, fr-dep-…, fr-reg-… or fr.": (
        "fr-com-…, fr-epci-…, fr-dep-…, fr-reg-… ou fr."
    ),
    "For example comptage-mobilites.count.": "Par exemple comptage-mobilites.count.",
    "How time is cut: by days where there are, unless said; inventories have no time.": (
        "Découpage du temps : par jour où il y en a, sauf indication ; les inventaires n’en ont "
        "pas."
    ),
    "First window, for example 2026-11-23.": "Première fenêtre, par exemple 2026-11-23.",
    "Last window, included.": "Dernière fenêtre, comprise.",
    "Follow publications as a node receives them, each verified on this machine, until stopped."
    "\n\nThe node is asked for ever, whatever interrupts it. Exit status with --once: 1 if "
    "something didn't verify.": (
        "Suivre les publications telles qu’un nœud les reçoit, chacune vérifiée sur cette machine, "
        "jusqu’à l’arrêt.\n\nLe nœud est redemandé sans fin, quoi qu’il arrive. Code de sortie "
        "avec --once : 1 si quelque chose n’est pas vérifié."
    ),
    "The node's address, with https.": "Adresse du nœud, en https.",
    "Digest of a sharing agreement, or of an identity, that you compared by another way than this "
    "node; can be given again.": (
        "Empreinte d’une convention de partage, ou d’une identité, comparée par une autre voie que "
        "ce nœud ; peut être répétée."
    ),
    "Holds the node's token, for what isn't open.": (
        "Contient le jeton du nœud, pour ce qui n’est pas ouvert."
    ),
    "Speak plain http to another machine; without a token.": (
        "Parler http en clair à une autre machine ; sans jeton."
    ),
    "Instead of --url: this node's own interface, its token, and whom it trusts.": (
        "Au lieu de --url : l’interface de ce nœud, son jeton, et ceux à qui il se fie."
    ),
    "Only of bodies in it; can be given again.": (
        "Seulement des organismes qui s’y trouvent ; peut être répété."
    ),
    "Only of this schema; can be given again.": "Seulement de ce schéma ; peut être répété.",
    "Show the rows, too.": "Montrer aussi les lignes.",
    "Append JSON lines to this file, each publication exactly once; goes on after its last line.": (
        "Ajouter des lignes JSON à ce fichier, chaque publication une seule fois ; reprend après "
        "sa dernière ligne."
    ),
    "Remember here how far it came, and go on there. Without --output: after a crash the last "
    "publications come again.": (
        "Retenir ici où l’on en est, et y reprendre. Sans --output : après un arrêt brutal, les "
        "dernières publications reviennent."
    ),
    "Catch up with what is there, then end.": "Rattraper ce qui est là, puis finir.",
    "Verify a bundle offline: the fifteen numbered steps for each publication.\n\nA bundle "
    "doesn't vouch for itself: without --identity or --data the key is unknown, step 4 is held, "
    "and the other steps are shown under the bundle's own identity, marked as not pinned.": (
        "Vérifier un fichier .mlg hors ligne : les quinze étapes pour chaque publication.\n\nUn "
        "fichier ne se porte pas garant de lui-même : sans --identity ni --data la clé est "
        "inconnue, l’étape 4 est retenue, et les autres étapes sont montrées sous l’identité du "
        "fichier, marquée comme non épinglée."
    ),
    "A bundle.": "Un fichier .mlg.",
    "Digest of an identity that you compared with its owner; can be given again.": (
        "Empreinte d’une identité comparée avec son propriétaire ; peut être répétée."
    ),
    "Look at it with this node's eyes: what it trusts counts.": (
        "Regarder avec les yeux de ce nœud : ce qu’il tient pour sûr compte."
    ),
    "Compute a composition's figures again from the signed inputs that this node holds.\n\nExit "
    "status 0: the figures follow; 1: they differ; 3: inputs are missing here, nothing is said.": (
        "Recalculer les chiffres d’une synthèse à partir des entrées signées que ce nœud "
        "détient.\n\nCode de sortie 0 : les chiffres suivent ; 1 : ils diffèrent ; 3 : des "
        "entrées manquent ici, rien n’est dit."
    ),
    "Digest of a composition, or a .mlg file.": "Empreinte d’une synthèse, ou fichier .mlg.",
    "Run a small federation on this machine, with simulated data, until stopped.\n\nExit status "
    "0 only if every publication was verified, every receipt came and every figure equals the "
    "one computed directly from the simulated rows.": (
        "Faire tourner une petite fédération sur cette machine, avec des données simulées, "
        "jusqu’à l’arrêt.\n\nCode de sortie 0 seulement si chaque publication a été vérifiée, si "
        "chaque accusé de réception est venu et si chaque chiffre égale celui calculé "
        "directement des lignes simulées."
    ),
    "One round, then the view; fails unless all of it held.": (
        "Un tour, puis la vue ; échoue si tout n’a pas tenu."
    ),
    "Address at which the pages are shown; empty for none.": (
        "Adresse où les pages sont affichées ; vide pour aucune."
    ),
    "Its port; 0 for any free one.": "Son port ; 0 pour tout port libre.",
    "Show a schema: its columns, key and measures. With --json: the document itself.": (
        "Montrer un schéma : colonnes, clé et mesures. Avec --json : le document lui-même."
    ),
    "Name of the schema.": "Nom du schéma.",
    "Run an exchange point (hub), and say who takes part in it.": (
        "Tenir un point d’échange (hub), et dire qui y prend part."
    ),
    "Make an exchange point's directory, key and configuration; can be run again.": (
        "Créer le répertoire, la clé et la configuration d’un point d’échange ; se relance."
    ),
    "The exchange point's directory.": "Répertoire du point d’échange.",
    "Lower case; no two exchange points share one.": (
        "En minuscules ; chaque point d’échange a le sien."
    ),
    "Address to listen on; the loopback unless said.": (
        "Adresse d’écoute ; la machine elle-même sauf indication."
    ),
    "Port to listen on; 0 for any free one.": "Port d’écoute ; 0 pour un port libre.",
    "TLS certificate.": "Certificat TLS.",
    "Its key.": "Sa clé.",
    "Put the exchange point into service, until stopped.\n\nSIGTERM or Ctrl-C ends it in order.": (
        "Mettre le point d’échange en service, jusqu’à l’arrêt.\n\nSIGTERM ou Ctrl-C l’arrête "
        "proprement."
    ),
    "Enrol a node, or change its enrolment; an exchange point in service takes it at once.": (
        "Inscrire un nœud, ou changer son inscription ; un point d’échange en service la prend "
        "aussitôt."
    ),
    "As maillage init made it.": "Tel que maillage init l’a écrit.",
    "Remove a node: its connections drop at once.": (
        "Retirer un nœud : ses liaisons tombent aussitôt."
    ),
    "As maillage hub members names it.": "Tel que maillage hub members le nomme.",
    "List the nodes that take part.": "Lister les nœuds qui prennent part.",
    "Show whether the exchange point is in service, and what its streams hold.\n\nExit status 3 "
    "when it isn't in service.": (
        "Montrer si le point d’échange est en service et ce que tiennent ses flux.\n\nCode de "
        "sortie 3 s’il n’est pas en service."
    ),
    "Agree with whom data are shared: draft, sign, accept and end a sharing agreement.": (
        "Convenir avec qui les données sont partagées : rédiger, signer, accepter une convention "
        "de partage, y mettre fin."
    ),
    "Write a body's identity document to a file, for whoever drafts an agreement with it.\n\n"
    "There is no secret in it. Tell its digest by another way (telephone, letter).": (
        "Écrire l’identité d’un organisme dans un fichier, pour qui rédige une convention avec "
        "lui.\n\nElle ne contient aucun secret. Dire son empreinte par une autre voie "
        "(téléphone, courrier)."
    ),
    "Draft an agreement between bodies of this node and others; nobody has signed it yet.": (
        "Rédiger une convention entre des organismes de ce nœud et d’autres ; personne ne l’a "
        "encore signée."
    ),
    "Show what an agreement says, then sign it for the bodies of this node that it names.": (
        "Montrer ce que dit une convention, puis la signer pour les organismes de ce nœud "
        "qu’elle nomme."
    ),
    "Show an agreement: members, who keeps their keys, its end, who has signed and who hasn't.": (
        "Montrer une convention : membres, opérateurs de leurs clés, fin, qui a signé et qui non."
    ),
    "Accept an agreement that all have signed: from then on it counts on this node.\n\nIt is "
    "kept with the node's data; no setting needs to be edited.": (
        "Accepter une convention que tous ont signée : elle vaut dès lors sur ce nœud.\n\nElle "
        "est gardée avec les données du nœud ; aucun réglage n’est à modifier."
    ),
    "List the agreements that count on this node, and when they end.": (
        "Lister les conventions qui valent sur ce nœud, et leur fin."
    ),
    "End an agreement on this side's word; it can't be undone.\n\nOf two members the word of one "
    "ends it for both; of more, it ends from and towards the one that leaves. What was received "
    "before stays; with --withdraw receivers erase what came from here.": (
        "Mettre fin à une convention sur décision de ce côté ; c’est définitif.\n\nÀ deux "
        "membres, la décision de l’un y met fin pour les deux ; à plus, elle prend fin depuis et "
        "vers celui qui part. Ce qui a été reçu avant reste ; avec --withdraw, les récepteurs "
        "effacent ce qui venait d’ici."
    ),
    "As people call it.": "Le nom d’usage.",
    "Short, lower case, with hyphens.": "Court, en minuscules, avec des tirets.",
    "Another member, as maillage identity wrote it; can be given again.": (
        "Un autre membre, tel que maillage identity l’a écrit ; peut être répété."
    ),
    "A body of this node that takes part; not needed if it has one.": (
        "Organisme de ce nœud qui y prend part ; inutile s’il n’y en a qu’un."
    ),
    "Which body of this node; not needed if it has one.": (
        "Quel organisme de ce nœud ; inutile s’il n’y en a qu’un."
    ),
    "From then on nothing more is shared under it.": "Dès lors, plus rien n’est partagé sous elle.",
    "Warns from then on; stops nothing.": "Avertit dès lors ; n’arrête rien.",
    "The council's decision or convention.": "Délibération ou convention.",
    "As maillage charter draft or sign wrote it.": (
        "Tel que maillage charter draft ou sign l’a écrit."
    ),
    "File to write; the same one unless said.": "Fichier à écrire ; le même sauf indication.",
    "Don't ask; for scripts.": "Ne rien demander ; pour les scripts.",
    "A charter file; or digest or name of one accepted here.": (
        "Un fichier de convention ; ou l’empreinte ou le nom d’une convention acceptée ici."
    ),
    "As told by another way; needed where no body of this node has signed.": (
        "Telle que dite par une autre voie ; nécessaire si aucun organisme de ce nœud n’a signé."
    ),
    "Of an agreement accepted here.": "D’une convention acceptée ici.",
    "From when on; at once unless said.": "À partir de quand ; aussitôt sauf indication.",
    "For the other members to read.": "À lire par les autres membres.",
    "Take back, too, what this body has shared under it.": (
        "Dépublier aussi ce que cet organisme a partagé sous elle."
    ),
    "Who may have it: everybody, or the members of a charter. As before unless said; the schema "
    "says it the first time.": (
        "Qui peut l’avoir : tous, ou les membres d’une convention. Comme avant sauf indication ; "
        "la première fois, le schéma le dit."
    ),
    "Share it with the members of this charter, and nobody else.": (
        "Le partager avec les membres de cette convention, et personne d’autre."
    ),
    "Which body holds water, waste, transport … for a commune.": (
        "Quel organisme exerce l’eau, les déchets, la mobilité… pour une commune."
    ),
    "Show who holds each competence for a commune, and by which text or decision.\n\nBy law where "
    "nothing else is known: what BANATIC says goes before, and what was decided here before "
    "both.": (
        "Montrer qui exerce chaque compétence pour une commune, et par quel texte ou décision.\n\n"
        "Selon la loi si rien d’autre n’est connu ; BANATIC passe avant, et ce qui a été décidé "
        "ici avant les deux."
    ),
    "A commune, such as fr-com-12011; without it the decisions made here.": (
        "Une commune, comme fr-com-12011 ; sans elle, les décisions prises ici."
    ),
    "Say who holds a competence for a commune, or for all communes of an EPCI.\n\nSeveral bodies "
    "for one competence: say it once for each. A later date replaces what was said before, from "
    "that day on. Kept in competences.csv of the data directory.": (
        "Dire qui exerce une compétence pour une commune, ou pour toutes celles d’un EPCI.\n\n"
        "Plusieurs organismes pour une compétence : le dire une fois pour chacun. Une date plus "
        "récente remplace ce qui valait avant, à partir de ce jour. Gardé dans competences.csv du "
        "répertoire de données."
    ),
    "Commune or EPCI, such as fr-com-12011.": "Commune ou EPCI, comme fr-com-12011.",
    "Such as water; maillage competence list shows them.": (
        "Par exemple water ; maillage competence list les montre."
    ),
    "Who holds it there: fr-com-…, fr-epci-…, fr-syn-<SIREN>, …": (
        "Qui l’y exerce : fr-com-…, fr-epci-…, fr-syn-<SIREN>, …"
    ),
    "From which day on; always unless said.": "À partir de quel jour ; toujours sauf indication.",
    "Remove what was decided for a place and a competence; BANATIC or the law counts again.": (
        "Retirer ce qui a été décidé pour un lieu et une compétence ; BANATIC ou la loi vaut à "
        "nouveau."
    ),
    "Take in BANATIC's national export, instead of what was taken in before.\n\nOnly groupements, "
    "their communes and the competences known here are kept; the export's names and addresses of "
    "persons aren't read.": (
        "Reprendre l’export national de BANATIC, à la place de ce qui avait été repris.\n\nSeuls "
        "sont gardés les groupements, leurs communes et les compétences connues ici ; les noms et "
        "adresses de personnes ne sont pas lus."
    ),
    "BANATIC's export of groupements with members and competences, XLSX or CSV.": (
        "Export BANATIC des groupements avec membres et compétences, en XLSX ou CSV."
    ),
    "Write datasets' sheets for the record of processing activities (GDPR, article 30).\n\n"
    "Purpose, basis, persons concerned, recipients and receipts seen, retention, thresholds; "
    "what a node can't know is left to be filled in.": (
        "Écrire les fiches de jeux de données pour le registre des traitements (RGPD, article "
        "30).\n\nFinalité, base légale, personnes concernées, destinataires et accusés de "
        "réception vus, durée de conservation, seuils ; ce qu’un nœud ne peut savoir "
        "reste à compléter."
    ),
    "Such as fr-com-12011/projets, published or not yet; all of this node unless said.": (
        "Par exemple fr-com-12011/projets, publié ou pas encore ; tous ceux de ce nœud sauf "
        "indication."
    ),
    "All datasets of one body.": "Tous les jeux de données d’un organisme.",
    "Form of the sheets.": "Forme des fiches.",
    "Say of each whether this body must publish such data, such as fr-com-12011.": (
        "Dire de chacun si cet organisme doit publier de telles données, comme fr-com-12011."
    ),
    "Its agents in full-time equivalents.": "Ses agents, en équivalent temps plein.",
}
