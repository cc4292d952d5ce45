import AttendBase

/// Which tokens a grammar allows, for one vocabulary: what can be said of a state without knowing where its rule was used
/// is found once and kept for all requests.
///
/// Dong et al. 2024, arXiv:2411.15100, §3.1, call these tokens context-independent.
package final class TokenMasks: Sendable {
  /// What is known of all states of a class.
  struct StateMask: Sendable {
    /// Tokens that stay within the rule, or end with it.
    var tokens: TokenSet
    /// Nodes of the tree at which the rule may end: what follows there depends on where it was used.
    var ends: [Int32] = []
  }

  private struct Known {
    var machine: PushdownMachine
    var masks: [Int32: StateMask] = [:]
  }

  let grammar: CompiledGrammar
  let tries: TokenTries
  private let known: Locked<Known>

  /// Masks that are kept; the largest take 32 KiB each.
  private static let limit = 4096

  package init(_ grammar: CompiledGrammar, _ tries: TokenTries) {
    self.grammar = grammar
    self.tries = tries
    known = Locked(Known(machine: PushdownMachine(grammar)))
  }

  /// The mask of a state, found by walking the tree of tokens at the first call.
  func mask(of state: Int32) throws(AttendError) -> StateMask {
    let maskClass = grammar.maskClasses[Int(state)]
    return try known.withLock { known throws(AttendError) in
      if let mask = known.masks[maskClass] { return mask }
      if known.machine.isFull { known.machine = PushdownMachine(grammar) }
      var mask = StateMask(tokens: TokenSet(vocabularySize: tries.vocabularySize))
      let start = try known.machine.place(ofBareState: state)
      var ends: [Int32] = []
      try known.machine.walk(tries.short, below: 0, from: start, into: &mask.tokens) { ends.append($0) }
      mask.ends = ends
      if known.masks.count >= Self.limit { known.masks = [:] }
      known.masks[maskClass] = mask
      return mask
    }
  }
}
