"""Words of the exports, in the five languages that schema documents have labels in."""

from typing import Final, NamedTuple

from schemas.document import CompetenceField, FieldType, Lang, LegalBasis, SharingLevel


class Five(NamedTuple):
    """A text in five languages."""

    fr: str
    en: str
    de: str
    es: str
    it: str

    def of(self, lang: Lang) -> str:
        """In one of them."""
        return str(getattr(self, lang))


COMMITMENTS: Final[dict[int, Five]] = {
    1: Five("Connecté", "Connected", "Vernetzt", "Conectado", "Connesso"),
    2: Five(
        "Démocratie participative",
        "Participative democracy",
        "Bürgerbeteiligung",
        "Democracia participativa",
        "Democrazia partecipativa",
    ),
    3: Five(
        "Sobre et durable",
        "Sober and sustainable",
        "Sparsam und nachhaltig",
        "Sobrio y sostenible",
        "Sobrio e sostenibile",
    ),
    4: Five(
        "Habitat écocitoyen",
        "Eco-citizen housing",
        "Ökologisches Wohnen",
        "Vivienda ecociudadana",
        "Abitare ecocittadino",
    ),
    5: Five(
        "Pouvoir d'agir et médiation numérique",
        "Empowerment and digital mediation",
        "Teilhabe und digitale Begleitung",
        "Capacitación y mediación digital",
        "Autonomia e mediazione digitale",
    ),
    6: Five("Entreprenant", "Enterprising", "Unternehmerisch", "Emprendedor", "Intraprendente"),
    7: Five(
        "Service public égal et télésanté",
        "Equal public service and telehealth",
        "Gleiche öffentliche Dienste und Telemedizin",
        "Servicio público igual y telesalud",
        "Servizio pubblico uguale e telemedicina",
    ),
    8: Five(
        "Ouvert au monde",
        "Of the world",
        "Weltoffen",
        "Abierto al mundo",
        "Aperto al mondo",
    ),
    9: Five(
        "Bien-être et circuits courts",
        "Well-being and short circuits",
        "Wohlbefinden und kurze Wege",
        "Bienestar y circuitos cortos",
        "Benessere e filiere corte",
    ),
    10: Five(
        "Habitants en réseau",
        "Networked inhabitants",
        "Vernetzte Einwohner",
        "Habitantes en red",
        "Abitanti in rete",
    ),
}
"""The ten commitments of the smart-village manifesto."""

DOMAINS: Final[dict[str, Five]] = {
    "traffic": Five("Circulation", "Traffic", "Verkehr", "Tráfico", "Traffico"),
    "air": Five("Air", "Air", "Luft", "Aire", "Aria"),
    "waste": Five("Déchets", "Waste", "Abfall", "Residuos", "Rifiuti"),
    "safety": Five("Sécurité", "Safety", "Sicherheit", "Seguridad", "Sicurezza"),
    "energy": Five("Énergie", "Energy", "Energie", "Energía", "Energia"),
    "utilities": Five(
        "Réseaux", "Supply networks", "Versorgungsnetze", "Redes de suministro", "Reti di servizio"
    ),
}
"""The six domains of smart cities; documents may name others beside them."""

LEVELS: Final[dict[SharingLevel, Five]] = {
    "open": Five(
        "ouvert à tous", "open to all", "offen für alle", "abierto a todos", "aperto a tutti"
    ),
    "federation": Five(
        "membres d'une convention",
        "members of a sharing agreement",
        "Mitglieder einer Vereinbarung",
        "miembros de un convenio",
        "membri di una convenzione",
    ),
    "partners": Five(
        "partenaires nommés",
        "named partners",
        "benannte Partner",
        "socios nombrados",
        "partner nominati",
    ),
    "aggregate-only": Five(
        "totaux seulement", "totals only", "nur Summen", "solo totales", "solo totali"
    ),
}
OBLIGATIONS: Final[dict[str, Five]] = {
    "any-size": Five(
        "obligatoire à toute taille",
        "obligatory at any size",
        "verpflichtend, unabhängig von der Größe",
        "obligatorio para todo tamaño",
        "obbligatorio a ogni dimensione",
    ),
    "general": Five(
        "obligatoire au-delà des seuils (3 500 habitants, 50 agents)",
        "obligatory above thresholds (3,500 inhabitants, 50 agents)",
        "verpflichtend über Schwellen (3 500 Einwohner, 50 Beschäftigte)",
        "obligatorio por encima de umbrales (3 500 habitantes, 50 agentes)",
        "obbligatorio oltre soglie (3 500 abitanti, 50 dipendenti)",
    ),
    "none": Five("volontaire", "voluntary", "freiwillig", "voluntario", "volontario"),
}
HOLDERS: Final[dict[str, Five]] = {
    "commune": Five("commune", "commune", "Gemeinde", "municipio", "comune"),
    "epci": Five(
        "intercommunalité (EPCI)",
        "intercommunalité (EPCI)",
        "Gemeindeverband (EPCI)",
        "mancomunidad (EPCI)",
        "unione di comuni (EPCI)",
    ),
    "departement": Five(
        "département", "département", "Département", "departamento", "dipartimento"
    ),
    "region": Five("région", "région", "Region", "región", "regione"),
    "syndicat": Five("syndicat", "syndicat", "Zweckverband", "consorcio", "consorzio"),
    "concessionaire": Five(
        "délégataire", "concessionaire", "Konzessionär", "concesionario", "concessionario"
    ),
    "etat": Five("État", "State", "Staat", "Estado", "Stato"),
}
"""Kinds of body, as `competence` names them."""

COMPETENCES: Final[dict[CompetenceField, Five]] = {
    "culture": Five("culture", "culture", "Kultur", "cultura", "cultura"),
    "digital": Five("numérique", "digital services", "Digitales", "digital", "digitale"),
    "economy": Five("économie", "economy", "Wirtschaft", "economía", "economia"),
    "energy": Five("énergie", "energy", "Energie", "energía", "energia"),
    "environment": Five("environnement", "environment", "Umwelt", "medio ambiente", "ambiente"),
    "fire": Five(
        "défense incendie", "fire water supply", "Löschwasser", "contra incendios", "antincendio"
    ),
    "general": Five(
        "chacun pour soi", "each for itself", "jeder für sich", "cada uno por sí", "ciascuno per sé"
    ),
    "health": Five("santé", "health", "Gesundheit", "salud", "salute"),
    "housing": Five("habitat", "housing", "Wohnen", "vivienda", "abitazione"),
    "lighting": Five(
        "éclairage public", "street lighting", "Straßenbeleuchtung", "alumbrado", "illuminazione"
    ),
    "planning": Five("urbanisme", "planning", "Bauleitplanung", "urbanismo", "urbanistica"),
    "roads": Five("voirie", "roads", "Straßen", "vías", "strade"),
    "safety": Five("sécurité", "public safety", "Sicherheit", "seguridad", "sicurezza"),
    "schools": Five("écoles", "schools", "Schulen", "escuelas", "scuole"),
    "social": Five(
        "action sociale", "social services", "Soziales", "servicios sociales", "sociale"
    ),
    "tourism": Five("tourisme", "tourism", "Tourismus", "turismo", "turismo"),
    "transport": Five("mobilité", "transport", "Mobilität", "movilidad", "mobilità"),
    "waste": Five("déchets", "waste", "Abfall", "residuos", "rifiuti"),
    "wastewater": Five("assainissement", "wastewater", "Abwasser", "saneamiento", "acque reflue"),
    "water": Five("eau potable", "drinking water", "Trinkwasser", "agua potable", "acqua potabile"),
}
BASES: Final[dict[LegalBasis, Five]] = {
    "consent": Five("consentement", "consent", "Einwilligung", "consentimiento", "consenso"),
    "contract": Five("contrat", "contract", "Vertrag", "contrato", "contratto"),
    "legal-obligation": Five(
        "obligation légale",
        "legal obligation",
        "rechtliche Verpflichtung",
        "obligación legal",
        "obbligo legale",
    ),
    "vital-interests": Five(
        "intérêts vitaux",
        "vital interests",
        "lebenswichtige Interessen",
        "intereses vitales",
        "interessi vitali",
    ),
    "public-task": Five(
        "mission d'intérêt public",
        "public task",
        "öffentliche Aufgabe",
        "misión de interés público",
        "compito di interesse pubblico",
    ),
    "legitimate-interest": Five(
        "intérêt légitime",
        "legitimate interest",
        "berechtigtes Interesse",
        "interés legítimo",
        "legittimo interesse",
    ),
}
UNITS_PROTECTED: Final[dict[str, Five]] = {
    "household": Five("ménage", "household", "Haushalt", "hogar", "famiglia"),
    "enterprise": Five("entreprise", "enterprise", "Unternehmen", "empresa", "impresa"),
    "delivery_point": Five(
        "point de livraison",
        "delivery point",
        "Abnahmestelle",
        "punto de suministro",
        "punto di fornitura",
    ),
}
TYPES: Final[dict[FieldType, Five]] = {
    "string": Five("texte", "text", "Text", "texto", "testo"),
    "integer": Five(
        "nombre entier", "whole number", "ganze Zahl", "número entero", "numero intero"
    ),
    "number": Five("nombre", "number", "Zahl", "número", "numero"),
    "boolean": Five("vrai ou faux", "true or false", "wahr oder falsch", "sí o no", "vero o falso"),
    "date": Five("date", "date", "Datum", "fecha", "data"),
    "datetime": Five(
        "date et heure", "date and time", "Datum und Zeit", "fecha y hora", "data e ora"
    ),
    "year": Five("année", "year", "Jahr", "año", "anno"),
    "array": Five(
        "liste JSON de textes",
        "JSON list of texts",
        "JSON-Liste von Texten",
        "lista JSON de textos",
        "lista JSON di testi",
    ),
    "object": Five("objet JSON", "JSON object", "JSON-Objekt", "objeto JSON", "oggetto JSON"),
    "geopoint": Five(
        "point : longitude,latitude",
        "point: longitude,latitude",
        "Punkt: Länge,Breite",
        "punto: longitud,latitud",
        "punto: longitudine,latitudine",
    ),
    "geojson": Five(
        "géométrie GeoJSON",
        "GeoJSON geometry",
        "GeoJSON-Geometrie",
        "geometría GeoJSON",
        "geometria GeoJSON",
    ),
}
KINDS: Final[dict[str, Five]] = {
    "series": Five("série", "series", "Zeitreihe", "serie", "serie"),
    "register": Five("inventaire", "register", "Verzeichnis", "inventario", "inventario"),
}
ORIGINS: Final[dict[str, Five]] = {
    "own": Five("propre", "own", "eigene", "propio", "propria"),
    "delegated": Five("déléguée", "delegated", "übertragene", "delegado", "delegata"),
    "relayed": Five(
        "source nationale",
        "relayed from a national source",
        "aus nationaler Quelle",
        "fuente nacional",
        "fonte nazionale",
    ),
}

RULES: Final[dict[str, Five]] = {
    "required": Five("obligatoire", "required", "Pflicht", "obligatorio", "obbligatorio"),
    "optional": Five("facultatif", "optional", "freiwillig", "opcional", "facoltativo"),
    "unique": Five(
        "chaque valeur une fois",
        "each value once",
        "jeder Wert einmal",
        "cada valor una vez",
        "ogni valore una volta",
    ),
    "enum": Five("l'une de : {}", "one of: {}", "einer von: {}", "uno de: {}", "uno tra: {}"),
    "more": Five(
        "… et {} autres", "… and {} more", "… und {} weitere", "… y {} más", "… e altri {}"
    ),
    "pattern": Five("motif {}", "pattern {}", "Muster {}", "patrón {}", "modello {}"),
    "minimum": Five("au moins {}", "at least {}", "mindestens {}", "al menos {}", "almeno {}"),
    "maximum": Five("au plus {}", "at most {}", "höchstens {}", "como máximo {}", "al massimo {}"),
    "minLength": Five(
        "longueur : au moins {}",
        "length: at least {}",
        "Länge: mindestens {}",
        "longitud: al menos {}",
        "lunghezza: almeno {}",
    ),
    "maxLength": Five(
        "longueur : au plus {}",
        "length: at most {}",
        "Länge: höchstens {}",
        "longitud: como máximo {}",
        "lunghezza: al massimo {}",
    ),
    "minItems": Five(
        "éléments : au moins {}",
        "elements: at least {}",
        "Elemente: mindestens {}",
        "elementos: al menos {}",
        "elementi: almeno {}",
    ),
    "maxItems": Five(
        "éléments : au plus {}",
        "elements: at most {}",
        "Elemente: höchstens {}",
        "elementos: como máximo {}",
        "elementi: al massimo {}",
    ),
    "digits": Five(
        "chiffres après la virgule : au plus {}",
        "digits after the point: at most {}",
        "Nachkommastellen: höchstens {}",
        "decimales: como máximo {}",
        "decimali: al massimo {}",
    ),
    "format": Five("forme {}", "format {}", "Format {}", "formato {}", "formato {}"),
    "personal": Five(
        "personnel : ne quitte pas le nœud",
        "personal: stays on the node",
        "personenbezogen: bleibt auf dem Knoten",
        "personal: no sale del nodo",
        "personale: non lascia il nodo",
    ),
    "key": Five("clé", "key", "Schlüssel", "clave", "chiave"),
}
"""What values must hold."""
