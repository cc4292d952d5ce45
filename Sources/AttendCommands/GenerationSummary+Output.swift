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
    if let seconds = secondsToFirstToken { parts.append("first after \(Numbers.fixed(seconds, 3)) s") }
    return parts.joined(separator: "; ")
  }

  /// Everything, for programs.
  func json(text: String) -> JSON {
    let (reason, stop): (String, JSON) =
      switch self.reason {
      case .endOfText: ("end", .null)
      case .stop(let string): ("stop", JSON(string))
      case .length: ("length", .null)
      case .cancelled: ("cancelled", .null)
      }
    return [
      "text": JSON(text), "finish_reason": JSON(reason), "stop": stop, "prompt_tokens": JSON(promptTokens),
      "reused_tokens": JSON(reusedTokens), "generated_tokens": JSON(generatedTokens),
      "prompt_seconds": JSON(promptSeconds), "decode_seconds": JSON(decodeSeconds),
      "prompt_tokens_per_second": JSON(promptTokensPerSecond), "decode_tokens_per_second": JSON(tokensPerSecond),
      "seconds_to_first_token": secondsToFirstToken.map { JSON($0) } ?? .null,
    ]
  }
}
