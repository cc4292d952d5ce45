import AttendBase
import AttendTestSupport
import Testing

/// A short version of `attend bench --soak 10000`, in a process of its own.
@Suite(.serialized) struct SoakTests {
  @Test(arguments: ["llama-gguf-f32", "llama-gguf-q4_1"]) func everyAnswerIsTheRequestsOwn(name: String) throws {
    let model = TestFixtures.path("golden/\(name)/model.gguf")
    let result = try Program.run(["bench", "--soak", "600", "--json", model])
    #expect(result.status == 0)
    let json = try JSON(parsing: result.output, source: "output")
    func number(_ key: String) throws -> Int { try #require(json[key]?.intValue) }
    #expect(try number("wrong") == 0)
    #expect(try number("completed") + number("cancelled") + number("refused") == 600)
    // The engine was short of memory, of places and of time to wait.
    for key in ["completed", "cancelled", "refused", "overloaded", "interruptions", "accepted_tokens"] {
      #expect(try number(key) > 0, "\(key)")
    }
    // Nothing is left of the requests.
    #expect(try number("tensor_bytes_after") <= number("tensor_bytes_before") + 1 << 20)
  }
}
