/// The tokens of mteval-v13a, as sacreBLEU's `13a` cuts them: punctuation apart, but periods and commas kept inside
/// numbers.
package enum Tokenizer13a {
  private typealias Scalars = [Unicode.Scalar]

  /// Tokens as UTF-8.
  package static func tokens(_ text: String) -> [[UInt8]] {
    var text = replacing(Scalars(text.unicodeScalars), "<skipped>", with: "")
    text = replacing(text, "-\n", with: "")
    text = replacing(text, "\n", with: " ")
    if text.contains("&") {
      for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
        text = replacing(text, entity, with: character)
      }
    }
    text = [" "] + text + [" "]
    text = text.flatMap { isSymbol($0) ? [" ", $0, " "] : [$0] }
    // Each pass consumes both scalars of a match, as the regular expressions of the original do.
    text = pairs(text, where: { !isDigit($0) && isStop($1) }, become: { [$0, " ", $1, " "] })
    text = pairs(text, where: { isStop($0) && !isDigit($1) }, become: { [" ", $0, " ", $1] })
    text = pairs(text, where: { isDigit($0) && $1 == "-" }, become: { [$0, " ", $1, " "] })
    return text.split(whereSeparator: isSpace).map { token in
      token.flatMap { Array(UTF8.encode($0) ?? UTF8.encodedReplacementCharacter) }
    }
  }

  /// { | } ~, [ \ ] ^ _ `, space ! " # $ % &, ( ) * +, : ; < = > ? @ and /.
  private static func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
    default: false
    }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private static func isStop(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

  /// What Python splits at.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  private static func pairs(
    _ text: Scalars, where matches: (Unicode.Scalar, Unicode.Scalar) -> Bool,
    become replace: (Unicode.Scalar, Unicode.Scalar) -> Scalars
  ) -> Scalars {
    var result: Scalars = []
    result.reserveCapacity(text.count * 2)
    var index = 0
    while index < text.count {
      if index + 1 < text.count, matches(text[index], text[index + 1]) {
        result += replace(text[index], text[index + 1])
        index += 2
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  private static func replacing(_ text: Scalars, _ old: String, with new: String) -> Scalars {
    let (old, new) = (Scalars(old.unicodeScalars), Scalars(new.unicodeScalars))
    var result: Scalars = []
    var index = 0
    while index < text.count {
      if text[index] == old[0], text[index...].starts(with: old) {
        result += new
        index += old.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }
}
