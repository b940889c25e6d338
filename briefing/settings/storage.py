"""Where bytes are kept when not in the data folder: in a bucket that several hosts share."""

from __future__ import annotations

from pydantic import Field

from briefing.settings.base import Settings, config

#: Ways to keep things: a folder, S3 and what speaks like it, Google Cloud Storage, Azure.
_ADDRESS = r"^$|^(file|s3|gs|az)://"


class StorageSettings(Settings):
    """Where bytes are kept when not in the data folder."""

    model_config = config("BRIEFCAST_")

    storage_url: str = Field(default="", pattern=_ADDRESS)
    """Where takes and files are kept: `s3://bucket/prefix`, `gs://…`, `az://…`, `file:///folder`; empty for the data
    folder."""
    public_storage_url: str = Field(default="", pattern=_ADDRESS)
    """Where the files that readers fetch are kept; empty for `public` below the other."""
    storage_endpoint: str = Field(default="", pattern="^$|^https?://")
    """Address of an S3 server that is not Amazon's."""
    storage_region: str = ""
    """Region of an S3 bucket; empty for what the cloud's own variables say."""
    storage_path_style: bool = False
    """Whether an S3 server wants the bucket in the path, not in the host's name."""
    storage_key: str = Field(default="", repr=False)
    """Access key ID for an S3 bucket; empty for what the cloud's own variables or the host's role give."""
    storage_secret: str = Field(default="", repr=False)
    """Its secret."""
    storage_cache_mb: int = Field(default=2000, ge=10)
    """Megabytes of a bucket's files kept in the data folder; what was used within an hour stays beyond that."""
    audio_redirect: str = Field(default="", pattern="^$|^public$|^signed$")
    """Whether `/audio/…` redirects to where the MP3s lie: `public` to `public_files_url`, `signed` to an address of the
    bucket that holds for an hour; empty to send them."""
    public_files_url: str = Field(default="", pattern="^$|^https?://")
    """Address at which a public bucket or a CDN serves the public files; empty where the API serves them."""

    @property
    def in_bucket(self) -> bool:
        """Whether takes and files are kept in a bucket: then no host's data folder has to survive."""
        return self.storage_url.partition(":")[0] not in {"", "file"}
