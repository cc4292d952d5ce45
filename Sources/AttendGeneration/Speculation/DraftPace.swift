/// How many tokens to guess for a request: as many as have paid lately.
struct DraftPace {
  /// What one more row costs a pass, as a share of what the pass costs anyway (measured: Docs/Performance.md).
  static let rowCost = 0.3
  /// After guesses that did not pay, as many tokens are written without; more each time.
  private static let pauses = 4...256

  private let most: Int
  private var length: Int
  /// Which share of the guesses comes true, the recent ones counting most.
  private var acceptance = 0.8
  private var pause = 0
  private var nextPause = DraftPace.pauses.lowerBound

  init(most: Int) {
    self.most = min(max(most, 0), 64)
    length = min(self.most, 4)
  }

  /// How many tokens to guess now.
  /// - Parameter requests: how many requests share the pass. The more there are, the less a row's time is free.
  mutating func wish(sharingWith requests: Int) -> Int {
    guard most > 0 else { return 0 }
    if pause > 0 {
      pause -= 1
      return 0
    }
    // A pass over r rows takes 1 + c·r and makes r tokens; a guess adds c and makes a token with probability p.
    let rows = Double(max(requests, 1))
    guard acceptance > Self.rowCost * rows / (1 + Self.rowCost * rows) else {
      rest()
      return 0
    }
    return length
  }

  mutating func note(drafted: Int, accepted: Int) {
    for index in 0..<drafted where index <= accepted {
      acceptance += ((index < accepted ? 1 : 0) - acceptance) * 0.2
    }
    length = accepted == drafted ? min(length * 2, most) : max(accepted + 1, 1)
    if accepted > 0 { nextPause = Self.pauses.lowerBound } else { rest() }
  }

  private mutating func rest() {
    pause = nextPause
    nextPause = min(nextPause * 2, Self.pauses.upperBound)
    // The next attempt decides anew.
    acceptance = max(acceptance, 0.5)
  }
}
