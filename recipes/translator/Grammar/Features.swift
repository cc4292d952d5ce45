/// The grammatical features that both languages use.
public enum Gender: Sendable { case masculine, feminine }

public enum GrammaticalNumber: Sendable { case singular, plural }

public enum Person: Int, Sendable { case first, second, third }

/// What a verb or an adjective agrees with.
public struct Agreement: Sendable, Equatable {
  public var person: Person
  public var number: GrammaticalNumber
  public var gender: Gender
  /// Adjectives and participles after the polite "vous" stay singular.
  public var isPolite = false

  public init(
    _ person: Person = .third, _ number: GrammaticalNumber = .singular, _ gender: Gender = .masculine,
    isPolite: Bool = false
  ) {
    self.person = person
    self.number = number
    self.gender = gender
    self.isPolite = isPolite
  }

  /// The row of a conjugation table: je, tu, il, nous, vous, ils.
  package var row: Int { person.rawValue + (number == .plural ? 3 : 0) }

  /// The number that adjectives and participles take.
  package var adjectiveNumber: GrammaticalNumber { isPolite ? .singular : number }
}

/// The English tenses that the grammar writes; each has one French tense (see `FrenchVerb.tense`).
public enum Tense: Sendable, CaseIterable {
  case present, presentProgressive, past, pastProgressive, presentPerfect, pastPerfect
  case future, goingTo, conditional, usedTo
}

/// A personal pronoun. "You" is always the polite "vous", to one person.
public enum Pronoun: Sendable, Equatable {
  case i, you, he, she, we, they
  /// "It" with the gender of what it stands for.
  case it(Gender)
  /// "They" with the gender of what it stands for.
  case those(Gender)

  public var agreement: Agreement {
    switch self {
    case .i: Agreement(.first)
    case .you: Agreement(.second, .plural, isPolite: true)
    case .he: Agreement()
    case .she: Agreement(.third, .singular, .feminine)
    case .we: Agreement(.first, .plural)
    case .they: Agreement(.third, .plural)
    case .it(let gender): Agreement(.third, .singular, gender)
    case .those(let gender): Agreement(.third, .plural, gender)
    }
  }

  /// Subject, object and possessive in English.
  package var english: (subject: String, object: String, possessive: String) {
    switch self {
    case .i: ("I", "me", "my")
    case .you: ("you", "you", "your")
    case .he: ("he", "him", "his")
    case .she: ("she", "her", "her")
    case .we: ("we", "us", "our")
    case .they, .those: ("they", "them", "their")
    case .it: ("it", "it", "its")
    }
  }

  /// Subject, direct object, indirect object and the form after a preposition in French.
  package var french: (subject: String, direct: String, indirect: String, stressed: String) {
    switch self {
    case .i: ("je", "me", "me", "moi")
    case .you: ("vous", "vous", "vous", "vous")
    case .he, .it(.masculine): ("il", "le", "lui", "lui")
    case .she, .it(.feminine): ("elle", "la", "lui", "elle")
    case .we: ("nous", "nous", "nous", "nous")
    case .they, .those(.masculine): ("ils", "les", "leur", "eux")
    case .those(.feminine): ("elles", "les", "leur", "elles")
    }
  }

  /// "mon", "ma" or "mes" and so on; `beforeVowel` says how the next word sounds.
  package func frenchPossessive(_ gender: Gender, _ number: GrammaticalNumber, beforeVowel: Bool) -> String {
    if number == .plural {
      switch self {
      case .i: return "mes"
      case .you: return "vos"
      case .he, .she, .it: return "ses"
      case .we: return "nos"
      case .they, .those: return "leurs"
      }
    }
    let asFeminine = gender == .feminine && !beforeVowel
    switch self {
    case .i: return asFeminine ? "ma" : "mon"
    case .you: return "votre"
    case .he, .she, .it: return asFeminine ? "sa" : "son"
    case .we: return "notre"
    case .they, .those: return "leur"
    }
  }
}
