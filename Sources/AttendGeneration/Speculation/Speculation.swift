/// How an answer's next tokens are guessed, so that one pass can check several of them.
///
/// A guess counts only where it is the token that would have been chosen anyway, so guessing changes the time that an
/// answer takes and nothing else, whatever the sampling. Leviathan et al. 2023, arXiv:2211.17192; Chen et al. 2023,
/// arXiv:2302.01318. Guesses that come true too rarely to pay are given up for a while.
public enum Speculation: Sendable, Hashable {
  case none
  /// The text goes on as it did the last time that its last three tokens occurred: for answers that repeat or correct
  /// what they were given. Saxena 2023, "Prompt lookup decoding".
  case promptLookup(most: Int = 8)
  /// A smaller model writes ahead. Without one in the engine the same as `promptLookup`.
  case draftModel(most: Int = 4)

  /// At most so many tokens are guessed at once.
  var most: Int {
    switch self {
    case .none: 0
    case .promptLookup(let most), .draftModel(let most): most
    }
  }
}
