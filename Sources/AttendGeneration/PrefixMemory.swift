import AttendBase
import AttendTensor

/// What a conversation remembers from one request for the next: its tokens, and in which phase each was computed.
///
/// The keys and values themselves are the engine's, which may forget them: then they are computed again, in the same
/// phases, so the same conversation gives the same answers whatever was forgotten. Requests of one conversation run one
/// after another, in the order of the calls.
package final class PrefixMemory: Sendable {
  private struct State {
    var tokens: [PhasedToken] = []
    var isBusy = false
    var waiting: [@Sendable () -> Void] = []
    var next = 0
  }

  private let state = Locked(State())

  package init() {}

  /// Calls `start` when the requests before have left.
  func enter(_ start: @escaping @Sendable () -> Void) {
    let isFirst = state.withLock { state in
      if state.isBusy {
        state.waiting.append(start)
        return false
      }
      state.isBusy = true
      return true
    }
    if isFirst { start() }
  }

  /// The next one's turn.
  func leave() {
    let next: (@Sendable () -> Void)? = state.withLock { state in
      guard state.next < state.waiting.count else {
        state.isBusy = false
        state.waiting = []
        state.next = 0
        return nil
      }
      defer { state.next += 1 }
      return state.waiting[state.next]
    }
    next?()
  }

  func remember(_ tokens: [PhasedToken]) { state.withLock { $0.tokens = tokens } }

  /// A prompt's tokens: those that were there before in the phase that they had, the others as a prompt. The last one has
  /// to run in any case, as a prompt.
  /// - Parameter form: how the positions of the whole sequence are encoded now.
  func phases(of prompt: [Int32], form: Int) -> [PhasedToken] {
    let known = state.withLock { $0.tokens }
    let common = min(zip(known, prompt).prefix { $0.token == $1 }.count, max(prompt.count - 1, 0))
    return known[..<common].map { PhasedToken($0.token, $0.phase, form: form) }
      + prompt[common...].map { PhasedToken($0, .prompt, form: form) }
  }
}
