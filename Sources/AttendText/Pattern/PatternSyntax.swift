import AttendBase

/// A regular expression, as far as tokenizers use them.
indirect enum PatternSyntax: Sendable {
  case empty
  case scalar(ScalarSet)
  case sequence([PatternSyntax])
  /// The first alternative that leads to a match wins.
  case alternatives([PatternSyntax])
  case repetition(PatternSyntax, atLeast: Int, atMost: Int?, isLazy: Bool)
  /// Holds before a scalar of the set, and perhaps at the end of the text; takes nothing.
  case ahead(ScalarSet, orEnd: Bool)

  /// Whether it can match without taking anything.
  var matchesNothing: Bool {
    switch self {
    case .empty, .ahead: true
    case .scalar: false
    case .sequence(let parts): parts.allSatisfy(\.matchesNothing)
    case .alternatives(let parts): parts.contains(where: \.matchesNothing)
    case .repetition(let part, let least, _, _): least == 0 || part.matchesNothing
    }
  }
}
