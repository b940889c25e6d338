<?php
/**
 * Plugin Name: Briefcast webhook
 * Description: Tells Briefcast when a post is published, edited, unpublished or deleted, signed after Standard Webhooks.
 * Version: 1.0
 * Requires at least: 5.8
 * Requires PHP: 7.4
 * License: GPL-3.0-or-later
 *
 * Says which post, never what it says: Briefcast fetches the text itself. What gets lost here Briefcast finds by
 * polling, so nothing of an editor's saving waits for it.
 */

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** Seconds after which a message is sent again, each time a little later; then polling must do. */
const BRIEFCAST_AGAIN = array( 60, 300, 1800, 7200 );

/** A setting, from wp-config.php (BRIEFCAST_ADDRESS, BRIEFCAST_SOURCE, BRIEFCAST_WEBHOOK_SECRET) or the options. */
function briefcast_webhook_setting( $name, $otherwise = '' ) {
	$constant = 'BRIEFCAST_' . strtoupper( $name );
	return (string) ( defined( $constant ) ? constant( $constant ) : get_option( 'briefcast_' . $name, $otherwise ) );
}

/** Notes what became of a post; sent once, when the request has done all it does to it. */
function briefcast_webhook_note( $type, $post ) {
	static $noted = array();
	if ( null === $post ) {
		return $noted;
	}
	$kinds = apply_filters( 'briefcast_post_types', array( 'post' ) );
	if ( ! in_array( $post->post_type, $kinds, true ) || wp_is_post_revision( $post ) || wp_is_post_autosave( $post ) ) {
		return $noted;
	}
	if ( ! $noted ) {
		add_action( 'shutdown', 'briefcast_webhook_tell' );
	}
	// The last word counts, and nothing comes after deletion.
	if ( 'article.deleted' !== ( $noted[ $post->ID ]['type'] ?? '' ) ) {
		$noted[ $post->ID ] = array(
			'type' => $type,
			'data' => array( 'id' => (string) $post->ID, 'address' => (string) get_permalink( $post ) ),
		);
	}
	return $noted;
}

/** Sends what was noted, and has wp-cron send it again: only that request waits for the answer. */
function briefcast_webhook_tell() {
	foreach ( briefcast_webhook_note( '', null ) as $message ) {
		$id   = 'msg_' . wp_generate_uuid4();
		$body = wp_json_encode( $message, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE );
		briefcast_webhook_send( $id, $body, false );
		wp_schedule_single_event( time() + BRIEFCAST_AGAIN[0], 'briefcast_webhook_again', array( $id, $body, 0 ) );
	}
}

/**
 * Sends a message and waits for its answer; if that is no success, once more later. Briefcast knows a message by its
 * ID, so one that came the first time does nothing now.
 */
function briefcast_webhook_again( $id, $body, $tries ) {
	if ( briefcast_webhook_send( $id, $body, true ) ) {
		return;
	}
	$next = $tries + 1;
	if ( isset( BRIEFCAST_AGAIN[ $next ] ) ) {
		wp_schedule_single_event( time() + BRIEFCAST_AGAIN[ $next ], 'briefcast_webhook_again', array( $id, $body, $next ) );
	}
}

/** Sends a message; tells whether it arrived, where it waits to hear. Without address and secret nothing is sent. */
function briefcast_webhook_send( $id, $body, $wait ) {
	$address = untrailingslashit( esc_url_raw( briefcast_webhook_setting( 'address' ) ) );
	$source  = briefcast_webhook_setting( 'source', 'wordpress' );
	$key     = briefcast_webhook_key( briefcast_webhook_setting( 'webhook_secret' ) );
	if ( '' === $address || '' === $key || ! preg_match( '/^[A-Za-z0-9._-]{1,128}$/D', $source ) ) {
		return true;
	}
	$moment = (string) time();
	$signed = base64_encode( hash_hmac( 'sha256', "$id.$moment.$body", $key, true ) );
	$answer = wp_remote_post(
		"$address/v1/hooks/$source",
		array(
			'body'        => $body,
			'blocking'    => $wait,
			'timeout'     => $wait ? 10 : 2,
			'redirection' => 0,
			'headers'     => array(
				'Content-Type'      => 'application/json',
				'webhook-id'        => $id,
				'webhook-timestamp' => $moment,
				'webhook-signature' => "v1,$signed",
			),
		)
	);
	$status = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
	return $status >= 200 && $status < 300;
}

/** The bytes of a secret as Standard Webhooks write it: whsec_ and Base64. Empty for anything else. */
function briefcast_webhook_key( $secret ) {
	if ( 0 !== strpos( $secret, 'whsec_' ) ) {
		return '';
	}
	return (string) base64_decode( substr( $secret, 6 ), true );
}

add_action(
	'transition_post_status',
	function ( $new, $old, $post ) {
		if ( 'publish' === $new && 'publish' !== $old ) {
			briefcast_webhook_note( 'article.published', $post );
		} elseif ( 'publish' !== $new && 'publish' === $old ) {
			briefcast_webhook_note( 'article.unpublished', $post );
		} elseif ( 'future' === $new || 'future' === $old ) {
			briefcast_webhook_note( 'article.updated', $post );
		}
	},
	10,
	3
);
add_action(
	'post_updated',
	function ( $id, $after, $before ) {
		if ( 'publish' === $after->post_status && 'publish' === $before->post_status ) {
			briefcast_webhook_note( 'article.updated', $after );
		}
	},
	10,
	3
);
add_action(
	'before_delete_post',
	function ( $id, $post = null ) {
		$post = $post ? $post : get_post( $id );
		if ( $post && 'auto-draft' !== $post->post_status ) {
			briefcast_webhook_note( 'article.deleted', $post );
		}
	},
	10,
	2
);
add_action( 'briefcast_webhook_again', 'briefcast_webhook_again', 10, 3 );
add_action(
	'admin_init',
	function () {
		$settings = array(
			'briefcast_address'        => array( 'Briefcast address', 'url', 'esc_url_raw' ),
			'briefcast_source'         => array( 'Briefcast source', 'text', 'sanitize_key' ),
			'briefcast_webhook_secret' => array( 'Briefcast webhook secret', 'password', 'sanitize_text_field' ),
		);
		foreach ( $settings as $name => list( $label, $kind, $clean ) ) {
			if ( defined( strtoupper( $name ) ) || ( 'password' !== $kind && function_exists( 'briefcast_player' ) ) ) {
				continue; // said in wp-config.php, or asked for by the player's plugin
			}
			register_setting( 'reading', $name, array( 'type' => 'string', 'sanitize_callback' => $clean ) );
			add_settings_field(
				$name,
				$label,
				function () use ( $name, $kind ) {
					printf( '<input type="%3$s" name="%1$s" id="%1$s" value="%2$s" class="regular-text" autocomplete="off">', esc_attr( $name ), esc_attr( get_option( $name, '' ) ), esc_attr( $kind ) );
				},
				'reading'
			);
		}
	}
);
