/// Where each three tokens of a text occurred last. Linear in the text: a token costs one entry.
struct TokenLookup {
  private static let window = 3
  /// Three tokens → the position behind their last occurrence.
  private var positions: [UInt64: Int] = [:]
  /// Windows that end before this position are known.
  private var known = TokenLookup.window

  /// How the text went on when its last tokens occurred before, at most `count` tokens; past the text's own end the
  /// continuation is taken to repeat itself.
  mutating func continuation(of tokens: [PhasedToken], count: Int) -> [Int32] {
    // The last window is what is looked up, so it is not known yet.
    while known < tokens.count {
      positions[Self.key(tokens, endingBefore: known)] = known
      known += 1
    }
    guard tokens.count >= Self.window, count > 0,
      let start = positions[Self.key(tokens, endingBefore: tokens.count)],
      (1...Self.window).allSatisfy({ tokens[start - $0].token == tokens[tokens.count - $0].token })
    else { return [] }
    let period = tokens.count - start
    return (0..<count).map { tokens[start + $0 % period].token }
  }

  private static func key(_ tokens: [PhasedToken], endingBefore end: Int) -> UInt64 {
    var key: UInt64 = 0
    for token in tokens[end - window..<end] {
      key = key << 21 ^ key >> 43 ^ UInt64(UInt32(bitPattern: token.token))
    }
    return key
  }
}
