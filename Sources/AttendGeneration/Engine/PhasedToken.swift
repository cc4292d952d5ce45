import AttendTensor

/// A token and the phase in which its keys and values are computed.
///
/// Prompt and decode may use different arithmetic, so positions hold equal bits only where tokens *and* phases are equal
/// all the way. Whatever shares or recomputes positions goes by both.
struct PhasedToken: Hashable, Sendable {
  let bits: UInt32

  /// - Parameter token: 0 or more.
  init(_ token: Int32, _ phase: Phase) {
    bits = UInt32(bitPattern: token) << 1 | (phase == .decode ? 1 : 0)
  }

  var token: Int32 { Int32(bitPattern: bits >> 1) }
  var phase: Phase { bits & 1 == 1 ? .decode : .prompt }
}

/// Names of whole pages: the name of a page stands for all tokens and phases from the start of the text to its end.
struct PageNames {
  /// The name of page `index`.
  private(set) var names: [UInt64] = []

  /// Names the pages that have become whole. Linear in the new tokens.
  mutating func extend(to tokens: [PhasedToken]) {
    let size = KeyValueCache.pagePositions
    while (names.count + 1) * size <= tokens.count {
      // FNV-1a over words (Fowler, Noll and Vo), each stirred: who relies on a name compares the tokens too.
      var hash = names.last ?? 0xCBF2_9CE4_8422_2325
      for token in tokens[names.count * size..<(names.count + 1) * size] {
        hash = (hash ^ UInt64(token.bits)) &* 0x0000_0100_0000_01B3
        hash ^= hash >> 29
      }
      names.append(hash)
    }
  }
}
