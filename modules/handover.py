"""The words that go with what is handed over to the source account's owner."""

from __future__ import annotations


def handover_words(*, environment: str, bucket: str, account_id: str, target: str, key_arn: str | None) -> str:
    """What the source account's owner has to do, in Markdown."""
    key_step = (
        f"""
3. Add the statement in `key-policy-statement.json` to the policy of the key `{key_arn}`. It lets the reading role
   decrypt, only through S3 and only objects of this bucket. A grant serves as well, but can't be narrowed so:

   ```sh
   aws kms create-grant --key-id {key_arn} --operations Decrypt --grantee-principal <the statement's principal>
   ```
"""
        if key_arn
        else ""
    )
    return f"""# What {environment} needs of account {account_id}

Account {target} asks to read objects of your bucket `{bucket}`. Nothing but what stands here is needed, and nothing is
written to your account. The roles named here exist as soon as account {target} has deployed: S3 and KMS refuse a policy
that names a role which doesn't exist yet.

1. If the bucket has no policy, apply `bucket-policy.json` as it is:

   ```sh
   aws s3api put-bucket-policy --bucket {bucket} --policy file://bucket-policy.json
   ```

   If it has one (`aws s3api get-bucket-policy --bucket {bucket}`), add the statements to it: `put-bucket-policy`
   replaces the whole policy. To take the access back, take the statements out again, by their Sids.
2. Tell us if the bucket's object ownership is not *bucket owner enforced*
   (`aws s3api get-bucket-ownership-controls --bucket {bucket}`): objects that another account wrote, and still owns,
   stay unreadable to us whatever the policy says.
{key_step}
Then `mapspan check-access {environment}` in account {target} tries each call and says which grant is still missing.
"""
