"""Headings and sentences of a schema's page and of its template, in five languages."""

from typing import Final

from schemas.exports.words import Five

HEADINGS: Final[dict[str, Five]] = {
    "schema": Five("Schéma", "Schema", "Schema", "Esquema", "Schema"),
    "kind": Five("Genre", "Kind", "Art", "Tipo", "Genere"),
    "purpose": Five("Finalité", "Purpose", "Zweck", "Finalidad", "Finalità"),
    "holders": Five(
        "Qui la tient", "Who holds it", "Wer sie führt", "Quién los tiene", "Chi li tiene"
    ),
    "obligation": Five(
        "Obligation de publier",
        "Duty to publish",
        "Pflicht zur Veröffentlichung",
        "Obligación de publicar",
        "Obbligo di pubblicare",
    ),
    "origin": Five("Origine", "Origin", "Herkunft", "Origen", "Origine"),
    "sharing": Five("Partage", "Sharing", "Freigabe", "Difusión", "Condivisione"),
    "licence": Five("Licence", "Licence", "Lizenz", "Licencia", "Licenza"),
    "commitments": Five(
        "Engagements du manifeste",
        "Commitments of the manifesto",
        "Verpflichtungen des Manifests",
        "Compromisos del manifiesto",
        "Impegni del manifesto",
    ),
    "domains": Five("Domaines", "Domains", "Bereiche", "Ámbitos", "Ambiti"),
    "key": Five("Clé", "Key", "Schlüssel", "Clave", "Chiave"),
    "time": Five("Temps", "Time", "Zeit", "Tiempo", "Tempo"),
    "place": Five("Lieu", "Place", "Ort", "Lugar", "Luogo"),
    "cadence": Five("Cadence", "Cadence", "Takt", "Cadencia", "Cadenza"),
    "secrecy": Five(
        "Secret statistique",
        "Statistical secrecy",
        "Statistische Geheimhaltung",
        "Secreto estadístico",
        "Segreto statistico",
    ),
    "columns": Five("Colonnes", "Columns", "Spalten", "Columnas", "Colonne"),
    "column": Five("Colonne", "Column", "Spalte", "Columna", "Colonna"),
    "meaning": Five("Sens", "Meaning", "Bedeutung", "Significado", "Significato"),
    "type": Five("Type", "Type", "Typ", "Tipo", "Tipo"),
    "required": Five("Obligatoire", "Required", "Pflicht", "Obligatorio", "Obbligatorio"),
    "rules": Five("Valeurs", "Values", "Werte", "Valores", "Valori"),
    "unit": Five("Unité (UCUM)", "Unit (UCUM)", "Einheit (UCUM)", "Unidad (UCUM)", "Unità (UCUM)"),
    "example": Five("Exemple", "Example", "Beispiel", "Ejemplo", "Esempio"),
    "labels": Five("Libellés", "Labels", "Bezeichnungen", "Etiquetas", "Etichette"),
    "measures": Five("Mesures", "Measures", "Messgrößen", "Medidas", "Misure"),
    "measure": Five("Mesure", "Measure", "Messgröße", "Medida", "Misura"),
    "exact": Five("Exacte à", "Exact to", "Genau auf", "Exacto a", "Esatta a"),
    "aggregates": Five("Agrégats", "Aggregates", "Aggregate", "Agregados", "Aggregati"),
    "standards": Five(
        "Normes suivies",
        "Standards followed",
        "Befolgte Normen",
        "Normas seguidas",
        "Norme seguite",
    ),
    "standard": Five("Norme", "Standard", "Norm", "Norma", "Norma"),
    "version": Five("Version", "Version", "Version", "Versión", "Versione"),
    "otherwise": Five(
        "Colonnes nommées autrement",
        "Columns called otherwise there",
        "Dort anders genannte Spalten",
        "Columnas con otro nombre",
        "Colonne con altro nome",
    ),
    "processing": Five(
        "Registre des traitements",
        "Record of processing",
        "Verzeichnis von Verarbeitungstätigkeiten",
        "Registro de actividades de tratamiento",
        "Registro dei trattamenti",
    ),
    "basis": Five(
        "Base légale", "Legal basis", "Rechtsgrundlage", "Base jurídica", "Base giuridica"
    ),
    "subjects": Five(
        "Personnes concernées",
        "Data subjects",
        "Betroffene Personen",
        "Personas interesadas",
        "Interessati",
    ),
    "personal": Five(
        "Ne quitte pas le nœud",
        "Stays on the node",
        "Bleibt auf dem Knoten",
        "No sale del nodo",
        "Non lascia il nodo",
    ),
    "retention": Five(
        "Durée de conservation",
        "Kept for",
        "Aufbewahrungsdauer",
        "Plazo de conservación",
        "Conservazione",
    ),
    "rows": Five(
        "Ligne d'exemple", "Example row", "Beispielzeile", "Fila de ejemplo", "Riga di esempio"
    ),
    "publisher": Five(
        "celui qui publie",
        "the publisher's",
        "der Veröffentlichenden",
        "el que publica",
        "chi pubblica",
    ),
    "nobody": Five("personne", "nobody", "niemand", "nadie", "nessuno"),
    "digest": Five("Empreinte SHA-256", "SHA-256", "SHA-256", "SHA-256", "SHA-256"),
    "competence": Five("compétence", "competence", "Zuständigkeit", "competencia", "competenza"),
}

SHEETS: Final = (
    Five("À remplir", "Fill in", "Ausfüllen", "Rellenar", "Da compilare"),
    Five("Explications", "Explanations", "Erläuterungen", "Explicaciones", "Spiegazioni"),
    Five("Listes", "Lists", "Listen", "Listas", "Elenchi"),
)
"""Names of a template's sheets."""

HOW_TO: Final = Five(
    "Une ligne par objet, sous la ligne d'en-tête, qui reste telle quelle. Les colonnes foncées "
    "sont obligatoires.",
    "One line each, below the header, which stays as it is. Dark columns are required.",
    "Eine Zeile je Eintrag, unter der Kopfzeile, die bleibt, wie sie ist. Dunkle Spalten sind "
    "Pflicht.",
    "Una línea por elemento, bajo el encabezado, que queda como está. Las columnas oscuras son "
    "obligatorias.",
    "Una riga per elemento, sotto l'intestazione, che resta com'è. Le colonne scure sono "
    "obbligatorie.",
)
WRONG: Final = Five(
    "Choisir dans la liste.",
    "Choose from the list.",
    "Aus der Liste wählen.",
    "Elegir de la lista.",
    "Scegliere dall'elenco.",
)
NO_PERSONAL: Final = Five(
    "Ne sont pas demandées, car elles ne quittent pas le nœud : {}.",
    "Not asked for, as they stay on the node: {}.",
    "Nicht gefragt, da sie auf dem Knoten bleiben: {}.",
    "No se piden, pues no salen del nodo: {}.",
    "Non richieste, poiché non lasciano il nodo: {}.",
)
SECRECY: Final = Five(
    "unité protégée : {unit} (`{field}`) ; au moins {k}, aucune au-dessus de {share} %",
    "protected unit: {unit} (`{field}`); at least {k}, none above {share} %",
    "geschützte Einheit: {unit} (`{field}`); mindestens {k}, keine über {share} %",
    "unidad protegida: {unit} (`{field}`); al menos {k}, ninguna por encima del {share} %",
    "unità protetta: {unit} (`{field}`); almeno {k}, nessuna oltre il {share} %",
)
YES: Final = Five("oui", "yes", "ja", "sí", "sì")
BOOLEANS: Final = Five("oui,non", "true,false", "true,false", "true,false", "true,false")
"""Words that the reader takes for true and false, as a spreadsheet's list."""
