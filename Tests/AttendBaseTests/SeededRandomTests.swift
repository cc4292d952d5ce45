import AttendBase
import Testing

@Suite struct SeededRandomTests {
  /// The known answers published with the Random123 library.
  @Test func philoxMatchesPublishedVectors() {
    let zero = SeededRandom.philox(counter: (0, 0), key: 0)
    #expect(zero == (0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c))
    let ones = SeededRandom.philox(counter: (.max, .max), key: .max)
    #expect(ones == (0x41c8_3b0e_408f_276d, 0x6d54_51fd_a20b_c7c6))
    let pi = SeededRandom.philox(
      counter: (0x85a3_08d3_243f_6a88, 0x0370_7344_1319_8a2e), key: 0x299f_31d0_a409_3822)
    #expect(pi == (0x94fd_cceb_d16c_fe09, 0x2412_6ea1_5001_e420))
  }

  @Test func aStreamRepeatsAndCanBeEnteredAnywhere() {
    var first = SeededRandom(seed: 7, stream: 3)
    let values = (0..<100).map { _ in first.next() }
    var second = SeededRandom(seed: 7, stream: 3)
    second.position = 51
    #expect(second.next() == values[51])
    var other = SeededRandom(seed: 7, stream: 4)
    #expect(other.next() != values[0])
    #expect(Set(values).count == 100)
  }

  @Test func aKeysBitsAreTheWordsOfItsStream() {
    var random = SeededRandom(seed: 7, stream: 3)
    let words = (0..<6).flatMap { _ in
      let value = random.next()
      return [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
    }
    let key = RandomKey(seed: 7, stream: 3)
    #expect((0..<12).reversed().map { key.bits(at: $0) } == words.reversed())
  }

  @Test func uniformAndNormalHaveTheirMoments() {
    var random = SeededRandom(seed: 1)
    let count = 200_000
    let uniform = (0..<count).map { _ in random.uniformDouble() }
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(uniform.reduce(0, +) / Double(count) - 0.5) < 0.005)
    let floats = (0..<count).map { _ in random.uniformFloat() }
    #expect(floats.allSatisfy { $0 >= 0 && $0 < 1 })
    let normal = (0..<count).map { _ in random.normal() }
    let mean = normal.reduce(0, +) / Double(count)
    let variance = normal.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    let fourth = normal.reduce(0) { $0 + ($1 * $1 * $1 * $1) } / Double(count)
    #expect(abs(mean) < 0.01)
    #expect(abs(variance - 1) < 0.02)
    #expect(abs(fourth - 3) < 0.15)
  }
}
