import AttendBase
import AttendTensor

/// What `attend bench` found.
struct BenchmarkReport: Sendable {
  let promptLength: Int
  let decodeLength: Int
  let precision: Precision
  let loadSeconds: Double
  let threads = Hardware.threads
  /// Tokens per second of each round.
  var promptSamples: [Double] = []
  var decodeSamples: [Double] = []
  var promptProfile: ProfileReport?
  var decodeProfile: ProfileReport?
  var peaks: MachinePeaks?

  init(_ promptLength: Int, _ decodeLength: Int, _ precision: Precision, loadSeconds: Double) {
    self.promptLength = promptLength
    self.decodeLength = decodeLength
    self.precision = precision
    self.loadSeconds = loadSeconds
  }

  /// What the machine's reading is measured on: as many bytes as a decode step reads, within reason.
  var streamedBytes: Int { min(Int(decodeProfile?.requiredBytes ?? 0), 1 << 30) }

  /// Bytes per second at which decoding reads weights and caches.
  private var decodeRate: Double { Numbers.median(decodeSamples) * (decodeProfile?.requiredBytes ?? 0) }

  func text(profile: Bool) -> String {
    var text = """
      prompt of \(promptLength): \(Numbers.fixed(Numbers.median(promptSamples), 1)) tokens/s
      decode of \(decodeLength): \(Numbers.fixed(Numbers.median(decodeSamples), 1)) tokens/s

      """
    if let peaks {
      let share = Numbers.fixed(100 * decodeRate / peaks.bytesPerSecond, 0)
      text += """
        decode reads \(Numbers.fixed(decodeRate / 1e9, 1)) GB/s, \(share) % of the machine's \
        \(Numbers.fixed(peaks.bytesPerSecond / 1e9, 1)) GB/s over as many bytes

        """
    }
    text += """
      loaded in \(Numbers.fixed(loadSeconds, 3)) s; \(threads) threads, \(precision.rawValue), \
      \(Hardware.instructionSet); medians of \(promptSamples.count)

      """
    guard profile, let peaks, let decodeProfile, let promptProfile else { return text }
    let peak = Numbers.fixed(peaks.operationsPerSecond / 1e9, 0)
    return text + "\n" + decodeProfile.table("one decode step, the mean of \(decodeLength)", peaks) + "\n"
      + promptProfile.table("one prompt of \(promptLength)", peaks)
      + "\npeaks: reading \(Numbers.fixed(peaks.bytesPerSecond / 1e9, 1)) GB/s, float32 \(peak) GFLOP/s\n"
  }

  func json(profile: Bool) -> JSON {
    var result = JSON.Object()
    result["prompt_tokens"] = JSON(promptLength)
    result["prompt_tokens_per_second"] = JSON(Numbers.median(promptSamples))
    result["decode_tokens"] = JSON(decodeLength)
    result["decode_tokens_per_second"] = JSON(Numbers.median(decodeSamples))
    result["threads"] = JSON(threads)
    result["precision"] = JSON(precision.rawValue)
    result["isa"] = JSON(Hardware.instructionSet)
    result["load_seconds"] = JSON(loadSeconds)
    result["samples"] = [
      "prompt_tokens_per_second": JSON(promptSamples.map { JSON($0) }),
      "decode_tokens_per_second": JSON(decodeSamples.map { JSON($0) }),
    ]
    if let decodeProfile, let promptProfile, let peaks {
      result["decode_bytes"] = JSON(decodeProfile.requiredBytes)
      result["decode_bytes_per_second"] = JSON(decodeRate)
      result["parallel_regions_per_token"] = JSON(decodeProfile.total.regions)
      result["allocations_per_token"] = JSON(decodeProfile.total.allocations)
      result["peaks"] = [
        "read_bytes_per_second": JSON(peaks.bytesPerSecond),
        "float_operations_per_second": JSON(peaks.operationsPerSecond),
      ]
      if profile { result["profile"] = ["decode": decodeProfile.json, "prompt": promptProfile.json] }
    }
    return .object(result)
  }
}
