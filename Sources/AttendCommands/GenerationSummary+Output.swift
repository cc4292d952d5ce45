import Attend
import AttendBase

extension GenerationSummary {
  /// One line for people.
  var line: String {
    var parts = [
      "prompt: \(promptTokens) tokens"
        + (reusedTokens > 0 ? " (\(reusedTokens) remembered)" : "")
        + ", \(Numbers.fixed(promptTokensPerSecond, 1)) tokens/s",
      "text: \(generatedTokens) tokens, \(Numbers.fixed(tokensPerSecond, 1)) tokens/s",
    ]
    if draftedTokens > 0 { parts.append("\(acceptedTokens) of \(draftedTokens) guesses right") }
    if let seconds = secondsToFirstToken { parts.append("first after \(Numbers.fixed(seconds, 3)) s") }
    return parts.joined(separator: "; ")
  }

  /// Everything, for programs.
  func json(text: String) -> JSON.Object {
    let (reason, stop): (String, JSON) =
      switch self.reason {
      case .endOfText: ("end", .null)
      case .stop(let string): ("stop", JSON(string))
      case .complete: ("complete", .null)
      case .length: ("length", .null)
      case .cancelled: ("cancelled", .null)
      }
    var object = JSON.Object()
    object["text"] = JSON(text)
    object["finish_reason"] = JSON(reason)
    object["stop"] = stop
    object["prompt_tokens"] = JSON(promptTokens)
    object["reused_tokens"] = JSON(reusedTokens)
    object["generated_tokens"] = JSON(generatedTokens)
    object["drafted_tokens"] = JSON(draftedTokens)
    object["accepted_tokens"] = JSON(acceptedTokens)
    object["prompt_seconds"] = JSON(promptSeconds)
    object["decode_seconds"] = JSON(decodeSeconds)
    object["prompt_tokens_per_second"] = JSON(promptTokensPerSecond)
    object["decode_tokens_per_second"] = JSON(tokensPerSecond)
    object["seconds_to_first_token"] = secondsToFirstToken.map { JSON($0) } ?? .null
    return object
  }
}
