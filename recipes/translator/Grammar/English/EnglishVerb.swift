/// An English verb with all its forms.
public struct EnglishVerb: Sendable {
  public let base: String
  public let past: String
  public let participle: String

  /// - Parameter text: `base[/past[/participle]]`.
  public init(_ text: some StringProtocol) {
    let forms = String(text).split(separator: "/").map(String.init)
    base = forms[0]
    past = forms.count > 1 ? forms[1] : EnglishVerb.addEd(forms[0])
    participle = forms.count > 2 ? forms[2] : past
  }

  package func present(_ person: Person, _ number: GrammaticalNumber) -> String {
    if base == "be" {
      if number == .plural || person == .second { return "are" }
      return person == .first ? "am" : "is"
    }
    guard person == .third, number == .singular else { return base }
    switch base {
    case "have": return "has"
    case "do", "go": return base + "es"
    default: return EnglishSpelling.addS(base)
    }
  }

  package func past(_ person: Person, _ number: GrammaticalNumber) -> String {
    guard base == "be" else { return past }
    return number == .plural || person == .second ? "were" : "was"
  }

  public var gerund: String {
    if base.hasSuffix("ie") { return base.dropLast(2) + "ying" }
    if base.hasSuffix("e"), !base.hasSuffix("ee"), base != "be" { return base.dropLast() + "ing" }
    return EnglishVerb.doubled(base) + "ing"
  }

  private static func addEd(_ base: String) -> String {
    if base.hasSuffix("e") { return base + "d" }
    let letters = Array(base)
    if base.hasSuffix("y"), letters.count > 1, !"aeiou".contains(letters[letters.count - 2]) {
      return base.dropLast() + "ied"
    }
    return doubled(base) + "ed"
  }

  /// With the last consonant doubled after one short stressed vowel (stop → stopp).
  private static func doubled(_ base: String) -> String {
    if ["forget", "prefer", "begin"].contains(base) { return base + base.suffix(1) }
    let letters = Array(base)
    guard letters.count >= 3 else { return base }
    let isVowel = letters.map { "aeiou".contains($0) }
    let groups = zip([false] + isVowel, isVowel).filter { !$0 && $1 }.count
    let count = letters.count
    if groups == 1, isVowel[count - 2], !isVowel[count - 1], !isVowel[count - 3], !"wxy".contains(letters[count - 1]) {
      return base + base.suffix(1)
    }
    return base
  }
}

package enum EnglishSpelling {
  /// The -s of plurals and third persons.
  package static func addS(_ word: String) -> String {
    for ending in ["s", "x", "z", "ch", "sh"] where word.hasSuffix(ending) { return word + "es" }
    let letters = Array(word)
    if word.hasSuffix("y"), letters.count > 1, !"aeiou".contains(letters[letters.count - 2]) {
      return word.dropLast() + "ies"
    }
    return word + "s"
  }

  /// "An" stands before the sound of a vowel.
  package static func beginsWithVowel(_ word: String) -> Bool {
    let word = word.lowercased()
    if word.hasPrefix("uni") || word.hasPrefix("use") || word.hasPrefix("one") || word.hasPrefix("eur") { return false }
    if word.hasPrefix("hour") || word.hasPrefix("hon") { return !word.hasPrefix("honey") }
    return word.first.map { "aeiou".contains($0) } ?? false
  }

  /// Two words that may melt into one.
  package static func contraction(_ first: String, _ second: String) -> String? {
    switch (first, second) {
    case ("will", "not"): return "won't"
    case ("can", "not"): return "can't"
    case ("do", "not"), ("does", "not"), ("did", "not"), ("is", "not"), ("are", "not"), ("was", "not"),
      ("were", "not"), ("has", "not"), ("have", "not"), ("had", "not"), ("would", "not"), ("should", "not"),
      ("could", "not"), ("Do", "not"):
      return first + "n't"
    default: break
    }
    let pronouns: Set<String> = ["i", "you", "he", "she", "it", "we", "they"]
    let asking: Set<String> = ["there", "what", "where", "who", "how", "that", "when"]
    guard pronouns.contains(first.lowercased()) || asking.contains(first.lowercased()) && second == "is" else {
      return nil
    }
    switch second {
    case "am": return first + "'m"
    case "is": return first + "'s"
    case "are": return first + "'re"
    case "will": return first + "'ll"
    case "have": return first + "'ve"
    case "has": return first + "'s"
    default: return nil
    }
  }
}
