/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Published test vectors and points, in hexadecimal. */

#define P256_ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P256_PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define P256_GX "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define P256_GY "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256_GY_CHANGED "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4"
#define P256_GY_SHORT "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51"
#define ZERO_32 "0000000000000000000000000000000000000000000000000000000000000000"

/* SEC 2: the generators of two other curves over 256 bits. */
#define SECP256K1_G \
  "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
  "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define BRAINPOOLP256R1_G \
  "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262" \
  "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997"

/* RFC 5869, appendix A. */

typedef struct
{
  const char *name;
  const char *ikm;
  const char *salt;
  const char *info;
  const char *okm;
} HkdfVector;

static const HkdfVector hkdf_vectors[] = {
  { "/crypto/hkdf/rfc5869-a.1",
    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
    "000102030405060708090a0b0c",
    "f0f1f2f3f4f5f6f7f8f9",
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
  { "/crypto/hkdf/rfc5869-a.2",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
    "404142434445464748494a4b4c4d4e4f",
    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
    "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
  { "/crypto/hkdf/rfc5869-a.3",
    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
    "",
    "",
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

/* RFC 5903, section 8.1: 256-bit random ECP group. */

#define RFC5903_I "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433"
#define RFC5903_GI \
  "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180" \
  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3"
#define RFC5903_R "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53"
#define RFC5903_GR \
  "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63" \
  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab"
#define RFC5903_GIR_X "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"

/* Points that are on the curve but have a coordinate so small that p can be added to it. */
#define SMALL_X_Y "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"
#define SMALL_Y_X "d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7"
#define FIVE "0000000000000000000000000000000000000000000000000000000000000005"
#define TWO "0000000000000000000000000000000000000000000000000000000000000002"
#define X_0_Y "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"
/* No point of the curve has x = 2: this one is of its twist, −y² = x³ − 3x + b. */
#define TWIST_X_2_Y "e1c326485e55a67e45dd8348b4c99e8ca0a77d9150889f19a2d39dbc8c3d7cfa"
#define P256_GY_NEGATED "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"
#define FF_32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define FIVE_PLUS_P "ffffffff00000001000000000000000000000001000000000000000000000004"

typedef struct
{
  const char *name;
  const char *point;
  gboolean valid;
} PointCase;

static const PointCase point_cases[] = {
  { "generator", "04" P256_GX P256_GY, TRUE },
  { "small-x", "04" FIVE SMALL_X_Y, TRUE },
  { "small-y", "04" SMALL_Y_X FIVE, TRUE },
  { "x-is-0", "04" ZERO_32 X_0_Y, TRUE },
  { "negated-generator", "04" P256_GX P256_GY_NEGATED, TRUE },
  { "x-not-reduced", "04" FIVE_PLUS_P SMALL_X_Y, FALSE },
  { "y-not-reduced", "04" SMALL_Y_X FIVE_PLUS_P, FALSE },
  { "x-is-p-for-0", "04" P256_PRIME X_0_Y, FALSE },
  { "x-is-p", "04" P256_PRIME P256_GY, FALSE },
  { "y-is-p", "04" P256_GX P256_PRIME, FALSE },
  { "off-curve", "04" P256_GX P256_GY_CHANGED, FALSE },
  { "coordinates-ff", "04" FF_32 FF_32, FALSE },
  { "twist", "04" TWO TWIST_X_2_Y, FALSE },
  { "order-two-of-another-curve", "04" P256_GX ZERO_32, FALSE },
  { "secp256k1", "04" SECP256K1_G, FALSE },
  { "brainpoolP256r1", "04" BRAINPOOLP256R1_G, FALSE },
  { "swapped", "04" P256_GY P256_GX, FALSE },
  { "infinity", "00", FALSE },
  { "infinity-padded", "00" ZERO_32 ZERO_32, FALSE },
  { "zeros", "04" ZERO_32 ZERO_32, FALSE },
  { "compressed", "03" P256_GX, FALSE },
  { "compressed-even", "02" P256_GX, FALSE },
  { "compressed-padded", "03" P256_GX ZERO_32, FALSE },
  { "hybrid", "07" P256_GX P256_GY, FALSE },
  { "hybrid-even", "06" P256_GX P256_GY, FALSE },
  { "hybrid-wrong-parity", "06" P256_GX P256_GY_NEGATED, FALSE },
  { "prefix-00", "00" P256_GX P256_GY, FALSE },
  { "prefix-ff", "ff" P256_GX P256_GY, FALSE },
  { "no-prefix", P256_GX P256_GY, FALSE },
  { "other-prefix", "05" P256_GX P256_GY, FALSE },
  { "empty", "", FALSE },
  { "short", "04" P256_GX P256_GY_SHORT, FALSE },
  { "long", "04" P256_GX P256_GY "00", FALSE },
  { "leading-zero", "0004" P256_GX P256_GY, FALSE },
  { "prefix-alone", "04", FALSE },
  { "x-alone", "04" P256_GX, FALSE },
};

/* Peers for which RFC5903_I computes a shared secret with long runs of zeros or ones: the point
 * with that x multiplied by the inverse of the scalar. */

typedef struct
{
  const char *x;
  const char *point;
} SharedVector;

static const SharedVector shared_vectors[] = {
  { ZERO_32,
    "045c643c6c9480c532131f4d7c53632306a4752f7bd905b8c8230f4338f716d030"
    "d77e8150dd72a1d385571cb60728562d50c0ae176aebf28c13c0a3c61f92bc7b" },
  { FIVE,
    "0490c0fbee6da25006338b5aacf7fc61beea60838004f22d1340af0ff507bb6145"
    "47bbb307e2f9ab418cda849278d294eb59714e2482a5d9ca53de72b9a95bed7f" },
  { "0000000000000000000000000000000000000000000000000000000100000000",
    "0431fa55a4b632c50fd909b97fbee424313fa535a6d3df2c620fd3881fe9905b00"
    "795faebdb74d01add598e4071f233eff34eb315424a142aeeb9ba8861966b996" },
  { "0000000000000000000000000000000000000000000000010000000000000000",
    "0425e1a055236b1d4a1205be3170a40a3bb0a950024d79bbdb57cbe9dc1d4283fd"
    "98f98477c3c51b06f763140b48a0acbb422d7bebe0d5dfced148c62a906c24d0" },
  { "0000000000000000000000000000000100000000000000000000000000000000",
    "04e7be4ba2b3fb4a720e0c0e0ae3fb9cd33d3c4a2288bbbdd96a2f64bb235ab70f"
    "e87897cb331943ba065896747d23aedccda8f4f9317066fd1599d9b8fcdec371" },
  { "00000000fffffffffffffffffffffffffffffffffffffffffffffffffffffffe",
    "0459f575a516b4ca2a60f627cea1b98c781058e36921c2ff4b96ff876851b26fb4"
    "9338dedb2cb7e00565b047350ab1037aa0702536b8671784c7751c99cd7a49a5" },
  { "8000000000000000000000000000000000000000000000000000000000000004",
    "043bf132d3bb57df270b9c80630fee5373d3914102a8d4c8790f303c4aa9b2a202"
    "7c8c84753f59f16dfe25bff3e8e9e83c7d2bc6a94302453226533302c382d411" },
  { "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
    "0424e341091f8ac172f6aeb06f93bc0ef101d2699ac5013ee40c66bf81b639f245"
    "4e16287f948976055f1d329029cab5d0d672bad5df2b869d802e52c53da5e978" },
};

/* NIST, AES-256 in GCM with 96-bit IVs and without additional data: test cases of McGrew and Viega,
 * and from CAVP's gcmEncryptExtIV256.rsp. */

typedef struct
{
  const char *name;
  const char *key;
  const char *iv;
  const char *plaintext;
  const char *ciphertext;
  const char *tag;
} GcmVector;

static const GcmVector gcm_vectors[] = {
  { "/crypto/gcm/mcgrew-viega-13",
    ZERO_32,
    "000000000000000000000000",
    "",
    "",
    "530f8afbc74536b9a963b4f1c4cb738b" },
  { "/crypto/gcm/mcgrew-viega-14",
    ZERO_32,
    "000000000000000000000000",
    "00000000000000000000000000000000",
    "cea7403d4d606b6e074ec5d3baf39d18",
    "d0d1c8a799996bf0265b98b5d48ab919" },
  { "/crypto/gcm/mcgrew-viega-15",
    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    "cafebabefacedbaddecaf888",
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
    "b094dac5d93471bdec1a502270e3cc6c" },
  { "/crypto/gcm/cavp-256-96-0-0-128-count-0",
    "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
    "516c33929df5a3284ff463d7",
    "",
    "",
    "bdc1ac884d332457a1d2664f168c76f0" },
  { "/crypto/gcm/cavp-256-96-128-0-128-count-0",
    "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22",
    "0d18e06c7c725ac9e362e1ce",
    "2db5168e932556f8089a0622981d017d",
    "fa4362189661d163fcd6a56d8bf0405a",
    "d636ac1bbedd5cc3ee727dc2ab4a9489" },
};
