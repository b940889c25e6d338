<?php
/**
 * Plugin Name: Briefcast webhook
 * Description: Tells Briefcast when a post is published, edited, unpublished or deleted, signed after Standard Webhooks.
 * Version: 1.1
 * Requires at least: 5.8
 * Requires PHP: 7.4
 * License: GPL-3.0-or-later
 *
 * Says which post, never what it says: Briefcast fetches the text itself. What gets lost here Briefcast finds by
 * polling, so nothing of an editor's saving waits for it. A box beside the post says that it corrects what was
 * said before, with a note that is said and shown; Briefcast reads both in its message and in the REST interface.
 */

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** Seconds after which a message is sent again, each time a little later; then polling must do. */
const BRIEFCAST_AGAIN = array( 60, 300, 1800, 7200 );

/** Characters of a correction's note; Briefcast takes no more. */
const BRIEFCAST_MOST_NOTE = 500;

/** The post types that Briefcast is told of. */
function briefcast_webhook_types() {
	return apply_filters( 'briefcast_post_types', array( 'post' ) );
}

/** What editors say of a correction in a post's box: null for none, else an object, with their note where they wrote one. */
function briefcast_webhook_correction( $id ) {
	if ( '1' !== (string) get_post_meta( $id, '_briefcast_correction', true ) ) {
		return null;
	}
	$note = trim( (string) get_post_meta( $id, '_briefcast_correction_note', true ) );
	return (object) ( '' === $note ? array() : array( 'note' => $note ) );
}

/** The first characters of a text, whole ones, also where PHP has no mbstring. */
function briefcast_webhook_first( $text, $number ) {
	return preg_match( '/^.{0,' . (int) $number . '}/us', $text, $found ) ? $found[0] : '';
}

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
	if ( ! in_array( $post->post_type, briefcast_webhook_types(), true ) || wp_is_post_revision( $post ) || wp_is_post_autosave( $post ) ) {
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
		$id = 'msg_' . wp_generate_uuid4();
		// Not the post's own date, which stays where one that was scheduled comes out; sent again, it says the same.
		$message['data']['updated_at'] = gmdate( 'Y-m-d\TH:i:s\Z' );
		// Only now: the editor's box is saved after the post.
		$correction = briefcast_webhook_correction( (int) $message['data']['id'] );
		if ( null !== $correction && in_array( $message['type'], array( 'article.published', 'article.updated' ), true ) ) {
			$message['data']['correction'] = $correction;
		}
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
	'rest_api_init',
	function () {
		// Read alone, so that a poll knows what a message that was lost would have said.
		$field = array(
			'get_callback' => function ( $post ) {
				return briefcast_webhook_correction( $post['id'] );
			},
			'schema'       => array( 'type' => array( 'object', 'null' ) ),
		);
		register_rest_field( briefcast_webhook_types(), 'briefcast_correction', $field );
	}
);
add_action(
	'add_meta_boxes',
	function () {
		add_meta_box( 'briefcast_correction', 'Briefcast', 'briefcast_webhook_box', briefcast_webhook_types(), 'side' );
	}
);
add_action( 'save_post', 'briefcast_webhook_save', 10, 1 );

/** The box beside a post. */
function briefcast_webhook_box( $post ) {
	wp_nonce_field( 'briefcast_correction_' . $post->ID, 'briefcast_correction_nonce' );
	printf(
		'<p><label><input type="checkbox" name="briefcast_correction" value="1"%s> Corrects what was said before</label></p>'
		. '<p><label for="briefcast_correction_note">Note, said and shown as it stands</label>'
		. '<textarea name="briefcast_correction_note" id="briefcast_correction_note" class="widefat" rows="3" maxlength="%d">%s</textarea></p>',
		'1' === (string) get_post_meta( $post->ID, '_briefcast_correction', true ) ? ' checked' : '',
		(int) BRIEFCAST_MOST_NOTE,
		esc_textarea( (string) get_post_meta( $post->ID, '_briefcast_correction_note', true ) )
	);
}

/** Keeps what the box says, where it was sent by whoever may edit the post. */
function briefcast_webhook_save( $id ) {
	$nonce = isset( $_POST['briefcast_correction_nonce'] ) ? sanitize_key( $_POST['briefcast_correction_nonce'] ) : '';
	if ( ! wp_verify_nonce( $nonce, 'briefcast_correction_' . $id ) || ! current_user_can( 'edit_post', $id ) ) {
		return;
	}
	$note = isset( $_POST['briefcast_correction_note'] ) ? sanitize_text_field( wp_unslash( $_POST['briefcast_correction_note'] ) ) : '';
	update_post_meta( $id, '_briefcast_correction', empty( $_POST['briefcast_correction'] ) ? '' : '1' );
	update_post_meta( $id, '_briefcast_correction_note', wp_slash( briefcast_webhook_first( $note, BRIEFCAST_MOST_NOTE ) ) );
}
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
