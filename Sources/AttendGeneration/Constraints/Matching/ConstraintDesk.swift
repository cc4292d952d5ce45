import AttendBase
import AttendText

/// What a generator keeps for constraints: its vocabulary as a tree, and the sets of tokens of the constraints that were
/// used lately.
final class ConstraintDesk: Sendable {
  private struct State {
    var tries: TokenTries?
    /// The last one used is last.
    var masks: [TokenMasks] = []
  }

  private static let limit = 32

  private let tokenizer: (any Tokenizer)?
  private let vocabularySize: Int
  private let state = Locked(State())

  init(_ tokenizer: (any Tokenizer)?, vocabularySize: Int) {
    self.tokenizer = tokenizer
    self.vocabularySize = vocabularySize
  }

  /// - Throws: `unsupported` when there is no tokenizer.
  func masks(of grammar: CompiledGrammar) throws(AttendError) -> TokenMasks {
    guard let tokenizer else {
      throw AttendError(
        .unsupported, "a constraint was given, but the model has no tokenizer",
        hint: "put the model's tokenizer.json into the same folder")
    }
    return state.withLock { [vocabularySize] state in
      let tries = state.tries ?? TokenTries(tokenizer, vocabularySize: vocabularySize)
      state.tries = tries
      let known = state.masks.firstIndex { $0.grammar === grammar }
      let masks = known.map { state.masks.remove(at: $0) } ?? TokenMasks(grammar, tries)
      if state.masks.count >= Self.limit { state.masks.removeFirst() }
      state.masks.append(masks)
      return masks
    }
  }
}
