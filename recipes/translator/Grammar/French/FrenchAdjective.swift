/// A French adjective with its forms.
public struct FrenchAdjective: Sendable {
  public let masculine: String
  public let feminine: String
  /// The masculine before a vowel: bel, nouvel, vieil.
  private let beforeVowel: String

  /// - Parameter text: `masculine[/feminine[/masculine before a vowel]]`; a feminine equal to the masculine marks an
  ///   expression that never changes ("en bois").
  public init(_ text: some StringProtocol) {
    let forms = String(text).split(separator: "/").map(String.init)
    masculine = forms[0]
    feminine = forms.count > 1 ? forms[1] : FrenchAdjective.feminine(of: forms[0])
    beforeVowel = forms.count > 2 ? forms[2] : forms[0]
    isInvariable = forms.count > 1 && forms[1] == forms[0]
  }

  package let isInvariable: Bool

  /// - Parameter isBeforeVowel: the next word sounds with a vowel first and belongs to the same noun phrase.
  public func form(_ gender: Gender, _ number: GrammaticalNumber, isBeforeVowel: Bool = false) -> String {
    if isInvariable { return masculine }
    switch (gender, number) {
    case (.masculine, .singular): return isBeforeVowel ? beforeVowel : masculine
    case (.feminine, .singular): return feminine
    case (.feminine, .plural): return feminine + "s"
    case (.masculine, .plural):
      if masculine.hasSuffix("s") || masculine.hasSuffix("x") { return masculine }
      if masculine.hasSuffix("eau") { return masculine + "x" }
      if masculine.hasSuffix("al") { return masculine.dropLast() + "ux" }
      return masculine + "s"
    }
  }

  private static func feminine(of masculine: String) -> String {
    if masculine.hasSuffix("e") { return masculine }
    if masculine.hasSuffix("er") { return masculine.dropLast(2) + "ère" }
    if masculine.hasSuffix("eux") { return masculine.dropLast() + "se" }
    if masculine.hasSuffix("f") { return masculine.dropLast() + "ve" }
    if masculine.hasSuffix("el") || masculine.hasSuffix("en") { return masculine + masculine.suffix(1) + "e" }
    return masculine + "e"
  }
}
