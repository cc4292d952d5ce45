/// A French verb with all the forms that the grammar uses, from its infinitive.
public struct FrenchVerb: Sendable {
  public let infinitive: String
  /// With "se" before it.
  public let isReflexive: Bool
  /// Compound tenses take être, not avoir.
  public let usesEtre: Bool
  public let participle: String
  private let presentForms: [String]
  private let futureStem: String

  /// - Parameter text: an infinitive, perhaps with "se " or "s'" before it.
  public init(_ text: some StringProtocol) {
    var infinitive = String(text)
    isReflexive = infinitive.hasPrefix("se ") || infinitive.hasPrefix("s'")
    if infinitive.hasPrefix("se ") { infinitive.removeFirst(3) }
    if infinitive.hasPrefix("s'") { infinitive.removeFirst(2) }
    self.infinitive = infinitive
    usesEtre = isReflexive || verbsWithEtre.contains(infinitive)
    let parts = FrenchConjugation.principalParts(of: infinitive)
    presentForms = parts.present
    futureStem = parts.future
    participle = parts.participle
  }

  package func present(_ agreement: Agreement) -> String { presentForms[agreement.row] }

  package func future(_ agreement: Agreement) -> String {
    futureStem + ["ai", "as", "a", "ons", "ez", "ont"][agreement.row]
  }

  package func conditional(_ agreement: Agreement) -> String {
    futureStem + FrenchVerb.imperfectEndings[agreement.row]
  }

  /// From the form of "nous"; g and c stay soft before a.
  package func imperfect(_ agreement: Agreement) -> String {
    if infinitive == "être" { return "ét" + FrenchVerb.imperfectEndings[agreement.row] }
    var stem = String(presentForms[3].dropLast(3))
    let ending = FrenchVerb.imperfectEndings[agreement.row]
    if ending.hasPrefix("i") {
      if stem.hasSuffix("ge"), infinitive.hasSuffix("ger") { stem.removeLast() }
      if stem.hasSuffix("ç") { stem = String(stem.dropLast()) + "c" }
    }
    return stem + ending
  }

  /// The command to "vous".
  package var imperative: String {
    switch infinitive {
    case "être": "soyez"
    case "avoir": "ayez"
    default: presentForms[4]
    }
  }

  /// The past participle agreeing with `agreement`; nil leaves it as it is.
  package func participle(agreeingWith agreement: Agreement?) -> String {
    guard let agreement else { return participle }
    var text = participle
    // "dû" and its like lose the accent with an ending.
    if agreement.gender == .feminine || agreement.adjectiveNumber == .plural, text.hasSuffix("dû") {
      text = String(text.dropLast()) + "u"
    }
    if agreement.gender == .feminine { text += "e" }
    if agreement.adjectiveNumber == .plural, !text.hasSuffix("s") { text += "s" }
    return text
  }

  private static let imperfectEndings = ["ais", "ais", "ait", "ions", "iez", "aient"]
}

/// Verbs of motion and becoming take être.
private let verbsWithEtre: Set<String> = [
  "aller", "venir", "revenir", "arriver", "partir", "rester", "retourner", "sortir", "rentrer", "entrer", "tomber",
  "monter", "descendre", "naître", "mourir", "devenir",
]
