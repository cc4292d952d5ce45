import AttendBase

/// Cuts a text at its added tokens and normalizes what lies between: first at those that are looked for in the text as it
/// is, then, in the normalized rest, at those that are normalized themselves.
struct AddedTokenSplitter: Sendable {
  private let plain: AddedTokenMatcher
  private let normalized: AddedTokenMatcher
  let normalizer: TextNormalizer

  init(_ tokens: [AddedToken], normalizer: TextNormalizer = TextNormalizer()) throws(AttendError) {
    self.normalizer = normalizer
    plain = try AddedTokenMatcher(tokens.filter { !$0.isNormalized })
    normalized = try AddedTokenMatcher(
      tokens.filter(\.isNormalized).map { token in
        var token = token
        token.content = String(decoding: normalizer(Array(token.content.utf8)[...]), as: UTF8.self)
        return token
      })
  }

  /// Calls `text` with each stretch of normalized text that is not empty, and whether the whole text starts with it, and
  /// `token` with each added token, in order.
  func forEachPart(
    of bytes: UnsafeRawBufferPointer, allowSpecial: Bool, token: (Int32) -> Void,
    text: (UnsafeRawBufferPointer, _ isFirst: Bool) -> Void
  ) {
    plain.forEachPart(of: bytes, allowSpecial: allowSpecial, isFirst: true, token: token) { part, isFirst in
      guard !normalizer.changesNothing(in: part) else {
        return normalized.forEachPart(
          of: part, allowSpecial: allowSpecial, isFirst: isFirst, token: token, text: text)
      }
      var keepsStart = true
      normalizer.normalized(Array(part)[...], &keepsStart).withUnsafeBytes { part in
        normalized.forEachPart(
          of: part, allowSpecial: allowSpecial, isFirst: isFirst && keepsStart, token: token, text: text)
      }
    }
  }
}

extension AddedTokenMatcher {
  fileprivate func forEachPart(
    of bytes: UnsafeRawBufferPointer, allowSpecial: Bool, isFirst: Bool, token: (Int32) -> Void,
    text: (UnsafeRawBufferPointer, Bool) -> Void
  ) {
    var start = 0
    if !isEmpty {
      while let match = next(in: bytes, from: start, includesSpecial: allowSpecial) {
        if match.range.lowerBound > start {
          text(UnsafeRawBufferPointer(rebasing: bytes[start..<match.range.lowerBound]), isFirst && start == 0)
        }
        token(match.id)
        start = match.range.upperBound
      }
    }
    if start < bytes.count { text(UnsafeRawBufferPointer(rebasing: bytes[start...]), isFirst && start == 0) }
  }
}
