import AttendTensor

/// A token, the phase in which its keys and values are computed, and the form in which its position is encoded.
///
/// Prompt and decode may use different arithmetic, and long sequences other rotary frequencies, so positions hold equal
/// bits only where tokens, phases *and* forms are equal all the way. Whatever shares or recomputes positions goes by all.
struct PhasedToken: Hashable, Sendable {
  let bits: UInt64

  /// - Parameters:
  ///   - token: 0 or more.
  ///   - form: see ``CausalLanguageModel/positionForm(reach:)``.
  init(_ token: Int32, _ phase: Phase, form: Int) {
    bits =
      UInt64(UInt32(truncatingIfNeeded: form)) << 32 | UInt64(UInt32(bitPattern: token)) << 1
      | (phase == .decode ? 1 : 0)
  }

  var token: Int32 { Int32(truncatingIfNeeded: bits >> 1 & 0x7FFF_FFFF) }
  var phase: Phase { bits & 1 == 1 ? .decode : .prompt }
}

/// Names of whole pages: the name of a page stands for all tokens, phases and forms from the start of the text to its end.
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
        hash = (hash ^ token.bits) &* 0x0000_0100_0000_01B3
        hash ^= hash >> 29
      }
      names.append(hash)
    }
  }
}
