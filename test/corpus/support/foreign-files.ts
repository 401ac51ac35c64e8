import { gunzipSync } from "node:zlib";

/**
 * Small files written by other programs, since our own fixtures cannot show what those do: compressed
 * with gzip, as base64.
 */
export const foreignFiles = {
  /** pyarrow 26, Feather: LZ4 buffers, string views, large strings, a dictionary, fixed-size and large lists; 60 rows */
  featherLz4: packed(
    "H4sIAAAAAAACA+1Ya4hUZRh+z9z2rDs6R2dmHVvbGdfdNK9zbnOxJWclyELRSkohcC9uunzrdpntQpRNRWFZJEWwEOSqQZdf" +
      "EgT+czOhfgj1Q9A/4QYRBZFCoYKX6XnPecfmLFv+6U/QWZ55znv7vvf7zvsd3rN9Dz645RGTqI5rWiMyiK85FKcYRUnHHS4t" +
      "QhHQrzfqdeYYcBC+24DlwBnIjwJsm4APAtIp3C8WHVwoJffjA7urPORB+J3yfaM8Z0bsJDwyPryX74/D51ffz+Axck1j8vhh" +
      "4JnhIS8rHRbOLcR+dS8mbDTlERyb/WOeP49mIAOWW7ByA9n6+6BFec5K07yNMXaNDI3zvY4/1vBv3JPjQIsn8wAc9wJyOebn" +
      "k5q51igwOvDU7mHwR/A55/tlZtuTZ0aGn+X70/DhHBv58lNr5DszjvdiZBfL/jPk53xcngd5OWfkSce9kSgU8eI30l9X8xoN" +
      "L2YxOHIzZrvscUqeB93M2Z+zWTfzWia8XPj2Jps2S6zRGLtrc6a/8grEWmOZjdL0rljQD2JtyByyhvKi533Ih5r34bbgPoQj" +
      "3jN/Yk7z7POgS8nKDUh4dkgyL/lzbr0z8tdm2Y/kP+xHmwQYwl+K/pzIWZGviLxdeKts1DKRn4sE/SdE/k3k/dGg/7FY0P87" +
      "kTeLnGsJ2isi3yHyHpHnNubXg+tqyFMil1qD9obcWP9G2ffuQB0G95ea5NZbyLEZcrSRl/CcGXb6G/mPYF39MUv96TJc3CsY" +
      "vywWyPFYCNwmZc7ltVS28E5gFbAWsACXtwS4C7gb6APuAe4F7pfHshV4CHgY2CGv4J3AIMCvkz2AAsaAJ/nVC/D743ngRfIT" +
      "fxV4HXgDeAt4B3gXeJ9LBvgA+BA4zK8n4GPgs+b9+Cy4HxBrKq9MZSlbOcpVBVVUJVVWJpSmMi1l2sp0lOkqs6DMojJLyiwr" +
      "K68sxFjKspXlKMtVVkFZRWWVlFVWdl7ZprIxpK1sR9musgvKLiq7pOyycvLKMZVjKQczOspxlVNQTlE5JeWUlZtXrqlcS7m2" +
      "cpGQq9yCcovKLSm3PKO2mtYBsbbvxPkLl69en+fXbThg70OZduBwP8YPvmqmqdaJm4Hc6OMLvHchXh5Vex6FQqTjjdGVowXu" +
      "Yq4SSMaG+dTm6/sr1F7uoYXZGj3ATyM8SbHDbEkfyVHLYXYLVTxVhdJfA8WCZ/0lJ349bVqRot5gS1doNWq3Jj2HTTlKTFI4" +
      "PQbHSYqHSJumLGzh1HsVytoVLZz+wnfJnp2mePpShf30aVqaCU3CgT3X5ajduRns8HA7K5Tg2Jf9WOPo9yFeyRSlTmIlrj/3" +
      "j75xaSw85elkAJcHWFmhyXLgPG0O7iu/9urJqsk7ObZ7+Knc+PBz46tyY0/vHYRg5b769OKhiVrVziFBJ4dRcZMsYMZOcKmT" +
      "1lbL0HSb+SWUNScpkjYP0xbTrpqvUSRlvk7rq2ZxhCLRN2E+AJV1gBJ9SMzaj/1ZoUXS1kota32MQPxssYpVGCIpez8GtpMw" +
      "2wewOxyIn8RpBMKUtdeyZa2WtTnQQaBjVh0OdDjQ4UAHgQ4HOhLoItDlQPxkXQ7EzxbXrcIQmXJLjaVKld6qPn/WAvaz5Ndn" +
      "MmRQMqdTsguoABt06ugH74O+Bj4EHAG+hP4U+GvofwL/olOXrrVSsg2GFVDcB8MmsALGgLehPwh+D/rPwV8AZ4Cz0F8Cpxdp" +
      "yQy4CKwDdkD/KHgn/PeBXwYmgaPQnwT/AP2PmDQcNrRkDIoeGJaDV8Jwv061zeH/6+ZfqZsbl0/Ur194KeHpLwbtBa890Wgn" +
      "l1OIW6EQJbppbmIjzY93UyRE8QwlRuEBfYa0RC8ZW5ubnNnmO1+/+lL9gj9fImiHWLtWr/9er39br69HT3at7tung/V8Cbdp" +
      "zHOkth4RJ7gBkYKuSR1NAdOoH+rLU9LQ/arP+05IO9mPMnpC/PcDXLsTEvsJcAw4LuN844ecM7whkz8DF4ErPPyGKUpGIOhA" +
      "XPenSgEZPyaHmG6IXLmrJAMHKAG9kvI9wEbdO04csg0h2yHy6eCjuQvYo1P/6AZZ6izn+9PG+dYM6ggjIALmU9MCbgXPAXN6" +
      "c8EJThO8AJwEp8HtYD6ei8Ad4MXgTnAWvITfF2BeRw94Ga/H8F8DOI0dq8FrwLw2E2zzGsEFPu7gMh95g2q9t+6bNOmdwtI/" +
      "RaWHapFSapVeqk36qbnSUyWkr5ovvVVS+qs00C59Fn/GLJJ+q0M+Ubjv6pQ2lvuvJUCX9GHcavZIP7ZMWnruy1YAK6U/Ww2s" +
      "kT6N235T+jUbcKRv4zNUlP6ND+E66eN6Z+srZT94XesHBgbDtGTrwCBuqOk7hW5+d6W8r1b+9ojLF8UmSbTxTXwlJP20cPP3" +
      "C9svasE+vPk77//v+//+9/1yKPq8/+n8CZHWo4PaEQAA",
  ),
  /** The same with zstd buffers. */
  featherZstd: packed(
    "H4sIAAAAAAACA+1XfVATRxTfyxegqTk0YHBEI6IGjRUUKWpaA+IXYkFKNRlI+QhBEbQqiLZFCaLVWhwRLQYZFdSxaNFGKGC1" +
      "laAISqJFhyptoQTHDxxRIyDQKl73Lnt4obb+03867Ybdt799b9++fW/ZfecXGhq8xAsAAhYzBgAOyDIA8AEPcIE97MGCcQAH" +
      "krYXBEFSHqxZUDYMVgms9RBHwErydFAGTnASwv5wNAZFgBD1k6OXJpEqs6BclVWWS64pQnyAaHyyZgXZPw1l2qxyOKlDzNBJ" +
      "6mfDmqJRU1bZQw5pG4uUI6g5bJxhh61uUp5HyZPacGgBie3gznFordUPGJdcU85Yl9YRG69OJvv28EeOkC2fwnxY7ShMKiDn" +
      "pUJb9FZ7hP33yoU1MXrNUg2kR6BMg1VO9CqfpMRr1pF9E5QhbaTtJaNG29t/HumL+FgSW2NIxtmA4gEom0Uo0nxKE2BxqPly" +
      "8LIw94hTc0ZAyumbEwWrO1qXDZiFR/mCh3xhy7MtoxCVIDqUwcP+pJc+p1C+dFKvGE9/uVn6gPZZwJDjwYOu9lJPVntSfvBl" +
      "Mf0wzNYPbA4V8zoec9VBcEyIdo5DBM8zNM4XUimySdbPbuxv/DHkb/yxEVEtorGItiLqQscGLXALYQvCdQgbWLbyZoRPIpzF" +
      "tpWP4tjKaxH2Qfh0P34DwmKEexAuRljPtd0XjbcjLOfZ8mmcQMsjPMzmPNr6GTCww2swrx+mzVuP6IB+fPAXuJN5rjpXsIF/" +
      "8LDhIb/Ehdxcq7L9c92bt2eMS2hFU9fP8QdVXQ3RaU1PbygjVU/rF81s6rw+f6Sqs86PaOy4Oq05osPkVdHYXutxMKL90qi0" +
      "xifVLpERT6ocZzZazjuMjLAYMOLR9zO6yRAfZ65/fD8LHKodwjff10o+eTzxvcAdFzC1c5KuUpa09GreVKPsTGtBxjvf79+g" +
      "Uv1u3mQ3qMeypn316hb1564+DSVnvy0v1QgmJtfJd548eiDH+W3nrZVJ98KNWJ+v+9ax94MHs6L5cfez3kH0+WK/5EcZWFt4" +
      "IPtTkbt2wXWsY5/2ScBVjpuswwsL+G5QscxbvDkw8P3hUeIAXcvllR4EUT6WnZAnTjn8sa5Ev3b3yfBVx9Zuqx7omeJ9e/au" +
      "6w2HB4w4cJ69bHiOx4RdgRXuyzMDHDb78nZE6rc/78bk4lUXzpdhLl3R6Wd71Jt6fRJinoXfeJFTGjnkxC8b80qbD2StTtrg" +
      "rmvWZWF2d1K2uUm+jGrXSB/VHGiRy7a/MTn9nQmcrWsiLYaFLcOKJEcaFTrHr2ecqdU3Tcbnjl+zWji66umcZsvmSZmpeuv+" +
      "FjL3uZD1lAuyec4j9ONc+Unz3LA38weXxeocG66HhBbk4dmx2TUxme9yL5V/2FyWlrqu+2zHxhU7v3mYEGwytaXwPRyCz7kL" +
      "rjlV3Rw9eHv1pkWLgwbg/AWuV0ZNveheGSoSagWeYlwtbcPwmILje0+4PawtVAyd7YTfUyinRp+K+aBM0bykPqM6tv7ohBju" +
      "r0lFRfv0Cq9J4UW51WGFtwY/LCsqNPqXqo6IBi4q3F33ieMSt4ImyReO51aEnQhicUsOixwKCgzjXhfXVoyx31ZwhwO8ueQF" +
      "KwZu8G3wh3d+FLyjtOAgOAQqQRX81YC74D55Hw0cPz8oYeWOrN3FpfU3u5xYoremKyMiN6bnHz7fcpvN5o2RTAik3TlVbL6p" +
      "LH4gXXCOPcV4JDJO2a7JmV9hKr5tNNWduW2E45lrL+9V5qS6ZKhyyt/ItBux3pxONQKZxcCmmhyB838gPi+6K4jex2kC+p5n" +
      "8i0TMaCwvjUsgLEw+IDNNbAVWGc6rgWcVoOdooULtEagf8X/84tm4lka8ZjWK2DyBR8B8JwgOgjiB4KYCV/M51SO2OdnM+By" +
      "wWZ442tnwlpBXt9ybb7BDPxwsac8apV2W5Yuv1B/2nCpwdxq6QH+HHs+LhSJ3SVST29fmTxgXlCYIiIqdlmiPzl/ujj/wnRl" +
      "+xW+8sZvY6dsVcQp7xqlxtRcTW5w7omSoLsDP0vNvZI9qUTJNyU63wlf6pM7htOu8VlwzhR3ee9P0tryq4nF4izIb3f1LZH+" +
      "Fpcj9cF3nXrleb7IBrdqBg8xLM5jyzrrZgneJptezz3lQmL+5Yc+oV9tMcWNPKWoeVB6bbmmaPHQY2EX73svGj87c46gIOTC" +
      "vZK6++6JPna5QZV3Jls2YKol02aEsIA606ta9JqGfm9t348fWcB/p5MDbrnBBxltv3r8w48F4/2i1pMthMladHQMBrqSZ1nH" +
      "CSrvpPM7IZWpkDkOH2WfQSg3o3PvHpRHyBFl5kkYIw+5RL/rjLfz/++If/93hAQO+FHfjn8AoWo58UIOAAA=",
  ),
  /** pyarrow 26, stream of two batches, the second with a dictionary delta; 4 rows */
  dictionaryDelta: packed(
    "H4sIAAAAAAACA+VSO27DMAylZfmDQgg8BIXGHMG+QQ6QS+SzBOhkZMiROmboITr0TuqjSNWK0GbNUAYMJZF8eo9yCCF8EtFA" +
      "bC/kqKWGeqxglSWL8IEajgZ+ha9jvUdVSx06BpxIf9VwbgvfwC2JcTydjxde9/jxCf+7uHfwLu4ZgPu+cB9jJny+LeFz9Bk2" +
      "czqfeC9c0RrelSPFO9aqyEUkMlb5i4lS4ZNm4FFpNbPT84oWq+lv64toslxV4FBWcxxlHfQ9Fv6v9/xrG/Vvfrrv+b4p3/ze" +
      "5gFfpzHNo9Xoizpf6Eq8zS9aSqsz3Hncz+NhybHe2yO9RvQOmd5V5NHJN4qRPvXdpn/ybtN+ng7LHFgvx2+srD1qQAQAAA==",
  ),
  /** polars 2.1, Arrow file whose messages can only be found through its footer; 2 rows */
  polarsFile: packed(
    "H4sIAAAAAAACA8VTO07DQBB9NkaKwEImpEi5BSUF6SiTEyCloXaElViKbIlskZIDcAiOEikchApRUFFRIJk34yGyVgpKx1o7" +
      "s2/e/LxjT6bT27sRkAD4bJpmADlHlCc4RY8ywRftKS09PsLGlNdoY17IDakz5YFIgNmF98XaC/4gvqJ23EPzy9BnjgznGplq" +
      "3LfGtTXKe4CwebVakmPTpkfb5xGjLjRPSvRGPjb+yXocKDpjzYQ+mVp+fWRFnfMx9i9nehzYxwH/aPqy4xPbRmBD0Ece4BkO" +
      "X9L7alE/+E793Pni0HjxXXvnF7l35cr5unbLuprz4GaFK6tlWf2ZS+aEzpzkXm52c5Lp9nn7CSed6rs9W9y76U2Q7x+/uS3V" +
      "RH+LHz6FIP0dAwAA",
  ),
  /** pyarrow 26, Parquet: fixed-size list, list, struct, decimal, date, timestamp; 2 rows */
  parquetTypes: packed(
    "H4sIAAAAAAACA41VT28bRRR/Mx5vTGSFKOqsvOCDQXjUiLTrRk2JUBHMOrXr4hBvpCYxqpA29mqbxHGMs8Qp6qFwqlAPCCGE" +
      "xIUzdy58CUSVAwckJM58hQrmza7XcZwoGdkzO/ve7897M7Ibcv0WZ/waF3W1wBzA9V/tV4VpF4AAgIfTNgc+x99ZUAmz3OBG" +
      "HuKs12oAVG0YISmqo2+PsWSkCsKzD9X0keIo8MUFhR/nmP0q4kjRFM6vQ0Q1zfN1TkdU6fnI0PEVed4EQkHxqNwxS5iGPDho" +
      "vF5aHr3Y039q7F5GkCKRmQx/Y4yAvQWwWb2CAUIYDPtLz/T35z/+zv+UviqH9dcS5IzD1mN/3+MzwLNFmqM77SLUEbFEc6kj" +
      "v6U0jPpd3LMc6+wchlzZz6jMKb/j7/vdEBNZ6AWH52ZmT2WOiNm+H3oYZipMusBnVENpLt3r77T84jRewoVHOOOJUJWTantP" +
      "itl6B/eIoV5YvFZ/MZdf0KdmMitvPRWQ51lrCYxZC+vgWZOZj80XRDwQmXnsBqAkqKZQuKsghiWAKTTiMhFuGUvW5oemFYth" +
      "9s0fiHhJxPdkgmdeMGpVVFeHTLGDZd2TSaqO+S0R/1DxC520RC1NBpTSmIxFZNd1w0hXlxSaPxLxnInfUpNmDOvOyMlM3Iuo" +
      "rRr7mfk1Ed+kxUt2HlYkujSGYt818JH5TAENcZI+F5hosmH/vVDj2uZzIr6bEifGxTjzz7TJRMY8mQIrn8vK9fW1zfeja5n7" +
      "N23jeBKUpZSujMbHUg6kE8iKlIEsB/qd40i5ig8qsaZfjFY1Wuq7sooMG/KelI0BZjYxsoXTik66h1Oz8Z5tY9g90HoVHRpK" +
      "S5SUslopKfyafWTbWrK2+65tLyNFTZM4bsIXDbTm7DW39mR4FPPL8iDGO85xwhz7lYl06/6DXnPxIT7WdN16DeI+xKi1RP8T" +
      "DXIGI3133M/25kapqbcrAepXGnZcb02/vX+2Xnys3k70yzolGEZj5l071l+9TL9drXRbg6hSPNp2ov9QJ1XP6Ot+VDulTzdL" +
      "eu9h/tKXQz23Eh/6uN4gOdX2/sau5gnQv4trVIpccVFfSxwnl+R0/zWft7Xe2XaH+GaM1zou1lXWlluRmHPq0C+oJ7o/nb2I" +
      "3z2t9wHkCj2v//kXfnij1evd8Pr9g0HhyO8f7hx0C4t3bpZu3rKeqt/QyQ/8ngZoqD/w/wEN+ZprxQcAAA==",
  ),
} as const;

function packed(base64: string): Buffer {
  return gunzipSync(Buffer.from(base64, "base64"));
}
